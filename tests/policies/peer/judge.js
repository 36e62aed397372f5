// Asks the peer: reads questions, one document with its requests a line, and writes one line of answers for each.
//
// Of a resource's own policy the answer tells whom the widest grant names (`session` for the session and for everybody); the policies of
// endpoints allow or do not. The parts of the engine are used below its interface, which would judge more than the one document.

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [modules, questions, answers] = process.argv.slice(2);
const load = (name, file) => import(pathToFileURL(`${modules}/@cloud-copilot/${name}/dist/esm/${file}`));
const { loadPolicy } = await load('iam-policy', 'index.js');
const { anonymousPrincipal } = await load('iam-simulate', 'index.js');
const { analyzeResourcePolicy, analyzeVpcEndpointPolicies } = await load('iam-simulate', 'core_engine/CoreSimulatorEngine.js');
const { DiscoveryContextKeyConstraints } = await load('iam-simulate', 'context_keys/discoveryContextKeyConstraints.js');
const { AwsRequestImpl } = await load('iam-simulate', 'request/request.js');
const { RequestContextImpl } = await load('iam-simulate', 'requestContext.js');

const parameters = { simulationMode: 'Strict', discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) };

function judge(policy, { endpoint, principal, action, resource, context }) {
  const account = resource.split(':')[4];
  const caller = principal ?? anonymousPrincipal;
  const request = new AwsRequestImpl(caller, { resource, accountId: account }, action, new RequestContextImpl(context), resource === '*');
  const { result, allowStatements } = endpoint
    ? analyzeVpcEndpointPolicies([policy], request, parameters)
    : analyzeResourcePolicy(policy, request, false, parameters);
  switch (result) {
    case 'ExplicitlyDenied':
    case 'DeniedForAccount':
      return 'denied';
    case 'AllowedForAccount':
      return 'account';
    case 'Allowed':
      return allowStatements.some(({ principalMatch }) => principalMatch === 'Match') ? 'session' : 'role';
    default:
      return 'not';
  }
}

const lines = readFileSync(questions, 'utf8').split('\n').filter(Boolean);
const judged = lines.map((line) => {
  const { document, requests } = JSON.parse(line);
  const policy = loadPolicy(document, { name: 'policy' });
  return JSON.stringify(
    requests.map((request) => {
      try {
        return judge(policy, request);
      } catch {
        return 'refused';
      }
    }),
  );
});
writeFileSync(answers, judged.join('\n'));
