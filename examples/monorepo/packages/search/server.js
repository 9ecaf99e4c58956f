// Finds a word in a list of notes.
import { serve, tool } from "../../shared/protocol.js";

const notes = ["buy bread", "call the harbour master", "paint the line"];

serve(8081, [
  tool("search", "Notes that hold a word.", "word", (word) => notes.filter((note) => note.includes(word)).join("\n")),
]);
