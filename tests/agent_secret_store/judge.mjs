// The vendor's own client, told line by line what to do.
//
// A line is JSON, {"do": "getSecret", "with": ["team/KEY"]}, and names a method of the client's with its arguments. So is
// each answer: {"answer": …}, or what the client's error says.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { AgentVault } = createRequire(import.meta.url)("@agentsecretstore/sdk");
const [baseUrl, agentKey] = process.argv.slice(2);
const vault = new AgentVault({ agentKey, baseUrl, retries: 0 });

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  let answer;
  try {
    answer = { answer: (await vault[order.do](...order.with)) ?? null };
  } catch (error) {
    const { name, code, status, approvalId, retryAfter } = error;
    answer = { error: { name, code, status, approvalId, retryAfter } };
  }
  console.log(JSON.stringify(answer));
}
