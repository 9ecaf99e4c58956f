// The part of the protocol that both servers speak.
import { createServer } from "node:http";

export function tool(name, description, argument, run) {
  const inputSchema = { type: "object", properties: { [argument]: { type: "string" } }, required: [argument] };
  return { about: { name, description, inputSchema }, call: (given) => run(String(given?.[argument] ?? "")) };
}

export function serve(port, tools) {
  createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { id, method, params } = JSON.parse(body);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ jsonrpc: "2.0", id, result: answer(tools, method, params) }));
  }).listen(port);
}

function answer(tools, method, params) {
  if (method === "tools/list") return { tools: tools.map(({ about }) => about) };
  const named = tools.find(({ about }) => about.name === params?.name);
  return named ? { content: [{ type: "text", text: named.call(params.arguments) }] } : {};
}
