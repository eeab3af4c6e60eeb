// What programs do with @microsoft/microsoft-graph-client and @azure/msal-node. Prints one JSON line for each call.
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { BatchRequestContent, Client, PageIterator } = require("@microsoft/microsoft-graph-client");
const { ConfidentialClientApplication } = require("@azure/msal-node");

const { CLIENT_ID, CLIENT_SECRET, TENANT_ID } = process.env;
const application = new ConfidentialClientApplication({
  auth: {
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    authority: `https://login.microsoftonline.com/${TENANT_ID}`,
  },
});
const client = Client.init({
  authProvider: async (done) => {
    try {
      const answer = await application.acquireTokenByClientCredential({
        scopes: ["https://graph.microsoft.com/.default"],
      });
      done(null, answer.accessToken);
    } catch (error) {
      done(error, null);
    }
  },
});

async function call(name, action, met = () => true) {
  let problem = "";
  let answer = null;
  try {
    answer = await action();
    if (!met(answer)) problem = `An unexpected answer: ${JSON.stringify(answer).slice(0, 200)}`;
  } catch (error) {
    problem = String(error.message || error);
  }
  console.log(JSON.stringify({ name, problem }));
  return answer ?? {};
}

const person = await call("users.post", () =>
  client.api("/users").post({
    accountEnabled: true,
    displayName: "Yara Quist",
    mailNickname: "yara",
    userPrincipalName: "yara.quist@example.com",
    passwordProfile: { password: "Correct-Horse-7" },
  }),
);
await call("users with filter, select, top", () =>
  client.api("/users").filter("accountEnabled eq true").select(["id", "displayName"]).top(5).get(),
  (answer) => answer.value.length === 5 && answer["@odata.nextLink"]);
await call("users, all pages", async () => {
  const seen = [];
  const first = await client.api("/users").top(7).get();
  await new PageIterator(client, first, (item) => seen.push(item.id) > 0).iterate();
  return seen;
}, (seen) => seen.length > 20 && new Set(seen).size === seen.length);
await call("users with search and orderby", () =>
  client.api("/users").header("ConsistencyLevel", "eventual").search('"displayName:yara"').orderby("displayName")
    .count(true).get(),
  (answer) => answer["@odata.count"] === 1);
const group = await call("groups.post", () =>
  client.api("/groups").post({
    displayName: "Newcomers",
    mailEnabled: false,
    mailNickname: "newcomers",
    securityEnabled: true,
    "members@odata.bind": [`https://graph.microsoft.com/v1.0/directoryObjects/${person.id}`],
  }));
await call("group with expanded members", () => client.api(`/groups/${group.id}`).expand("members").get(),
  (answer) => answer.members[0].id === person.id);
await call("groups of beta", () => client.api(`/groups/${group.id}`).version("beta").get(),
  (answer) => "writebackConfiguration" in answer);
await call("groups.patch", () => client.api(`/groups/${group.id}`).update({ description: "All" }));
await call("checkMemberGroups", () =>
  client.api(`/users/${person.id}/checkMemberGroups`).post({ groupIds: [group.id] }),
  (answer) => answer.value[0] === group.id);
// The client takes scheme and host away and no more, so the version is left out here: items are relative to it.
await call("$batch", async () => {
  const content = new BatchRequestContent([
    { id: "1", request: new Request(`https://graph.microsoft.com/groups/${group.id}`) },
    { id: "2", request: new Request(`https://graph.microsoft.com/users/${person.id}`) },
  ]);
  return client.api("/$batch").post(await content.getContent());
}, (answer) => answer.responses.every((item) => item.status === 200));
await call("groups.delete", () => client.api(`/groups/${group.id}`).delete());
await call("users.delete", () => client.api(`/users/${person.id}`).delete());
