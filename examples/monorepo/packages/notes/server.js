// Keeps notes in memory.
import { serve, tool } from "../../shared/protocol.js";

const notes = [];

serve(8082, [
  tool("add", "Keeps a note.", "note", (note) => String(notes.push(note))),
]);
