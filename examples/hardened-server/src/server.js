// The same server as the incident's, with its input checked and a health endpoint.
import { createServer } from "node:http";

const LARGEST_BODY = 64 * 1024;

const tool = {
  name: "echo",
  description: "Returns its text.",
  inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
};

function answer({ method, params }) {
  switch (method) {
    case "initialize":
      return { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "echo", version: "1.0.0" } };
    case "tools/list":
      return { tools: [tool] };
    case "tools/call":
      return { content: [{ type: "text", text: String(params?.arguments?.text ?? "") }] };
    default:
      return {};
  }
}

async function read(request) {
  let body = "";
  for await (const chunk of request) {
    body += chunk;
    if (body.length > LARGEST_BODY) return undefined;
  }
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

createServer(async (request, response) => {
  if (request.url === "/health") return response.end("ok");
  const message = await read(request);
  if (typeof message !== "object" || message === null) return response.writeHead(400).end();
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ jsonrpc: "2.0", id: message.id, result: answer(message) }));
}).listen(8081);
