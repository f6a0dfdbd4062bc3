import type { Verdict } from './finding';

type Words = Omit<Verdict, 'value'>;

/** The rule of every duration. */
export const DURATION_RULE = "duration(self) >= duration('1ms')";
/** The rule of the address of signing keys. */
export const KEYS_RULE = 'url(self).getScheme() in ["http", "https"]';
const ONE_TARGET: Words = { rule: 'a policy chooses its workloads in one way only', mend: 'Keep one of `selector`, `targetRef` and `targetRefs`' };
const CREDENTIALS: Words = { rule: 'a server takes its certificates from one place only', mend: 'Keep one of `credentialName`, `credentialNames` and `tlsCertificates`' };
const WASM_URL: Words = { rule: 'the module comes by http, https, oci or file', mend: 'Write such as oci://registry.example.com/filter:v1' };
const PORT: Words = { rule: 'a port is a number from 1 to 65535', mend: 'Give a port in that range' };
const UNIX_PATH: Words = { rule: 'a Unix socket is named by an absolute path, or by `@` and a name', mend: 'Write such as unix:///var/run/app.sock' };

/** Our words for the CEL rules of Istio's CRDs, by the text of the rule. */
const WORDS: ReadonlyMap<string, Words> = new Map([
  [DURATION_RULE, { rule: 'a duration is a number with a unit, and at least 1ms', mend: 'Write such as 250ms, 7s or 1m30s' }],
  ['0 < self && self <= 65535', PORT],
  ['0 < self && self <= 6553', { rule: 'the CRD of Istio takes ports of a waypoint from 1 to 6553', mend: 'Give a port in that range' }],
  ['self.all(key, 0 < int(key) && int(key) <= 65535)', PORT],
  ['!self.contains("*")', { rule: 'label values are compared as they are: wildcards are refused', mend: 'Write the whole value' }],
  ['self.all(key, !key.contains("*"))', { rule: 'label keys are compared as they are: wildcards are refused', mend: 'Write the whole key' }],
  ['self.all(key, key.size() != 0)', { rule: 'label keys are not empty', mend: 'Name the label' }],
  ['self.size() == 0', { rule: 'a policy refers to objects of its own namespace', mend: 'Leave `namespace` out, and put the policy beside what it refers to' }],
  ['(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1', ONE_TARGET],
  ['(has(self.selector) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1', { ...ONE_TARGET, mend: 'Keep one of `selector` and `targetRefs`' }],
  ['(has(self.workloadSelector) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1', { ...ONE_TARGET, mend: 'Keep one of `workloadSelector` and `targetRefs`' }],
  ['has(self.wasm) != has(self.lua)', { rule: 'an extension is written in Wasm or in Lua', mend: 'Give exactly one of `wasm` and `lua`' }],
  ['(has(self.tlsCertificates) ? 1 : 0) + (has(self.credentialNames) ? 1 : 0) <= 1', CREDENTIALS],
  ['(has(self.credentialNames) ? 1 : 0) + (has(self.tlsCertificates) ? 1 : 0) <= 1', CREDENTIALS],
  ['(has(self.credentialName) ? 1 : 0) + (has(self.credentialNames) ? 1 : 0) <= 1', CREDENTIALS],
  [KEYS_RULE, { rule: 'signing keys are fetched by http or https', mend: 'Write such as https://issuer.example.com/keys' }],
  ['has(self.address) || has(self.network)', { rule: 'an endpoint needs an address', mend: 'Give `address`, or `network` where a gateway leads to it' }],
  ['self.startsWith("unix://") ? !self.endsWith("/") : true', UNIX_PATH],
  ['self.startsWith("unix://") ? (self.substring(7, 8) == "/" || self.substring(7, 8) == "@") : true', UNIX_PATH],
  ['(has(self.address) ? self.address : "").startsWith("unix://") ? !has(self.ports) : true', { rule: 'a Unix socket has no ports', mend: 'Drop `ports`' }],
  ['self != "*"', { rule: 'a host of a ServiceEntry is not every host', mend: 'Name the hosts, such as *.example.com' }],
  ['self.all(l1, self.exists_one(l2, l1.number == l2.number))', { rule: 'each port number is listed once', mend: 'Drop the repeated port' }],
  ['(has(self.workloadSelector) ? 1 : 0) + (has(self.endpoints) ? 1 : 0) <= 1', { rule: 'the endpoints are either listed or selected', mend: 'Keep one of `endpoints` and `workloadSelector`' }],
  ['self in ["", "HTTP", "HTTPS"]', { rule: 'a probe speaks HTTP or HTTPS', mend: 'Write HTTP or HTTPS, in capitals' }],
]);

/** Words for rules that are recognised by what they begin with, since the rest is long. */
const BEGINNINGS: readonly (readonly [string, Words])[] = [
  ['isURL(self) ? (url(self).getScheme() in', WASM_URL],
  ['(has(self.serviceAccounts)', { rule: '`serviceAccounts` stands alone: it says the namespace itself', mend: 'Drop `principals` and `namespaces` beside it, or write the accounts as principals' }],
  ['has(self.portLevelMtls)', { rule: 'mTLS per port needs a workload that the ports belong to', mend: 'Give `selector.matchLabels`, or set `mtls` for the whole namespace' }],
  ['(has(self.valueFrom)', { rule: 'a variable that the host sets has no value of its own', mend: 'Drop `value`, or `valueFrom: HOST`' }],
  ['has(self.context) ? ((self.context == "WAYPOINT")', { rule: 'a `waypoint` match belongs to the context WAYPOINT, and to no other', mend: 'Set `context: WAYPOINT` with `waypoint`, or drop both' }],
  ['self.all(key, size(key) < 63', { rule: 'a port name has up to 62 letters, digits and inner dashes', mend: 'Rename the port' }],
  ['!((has(self.addresses)', { rule: 'address ranges go with resolution NONE or STATIC only', mend: 'Write single addresses, or another `resolution`' }],
  ['((has(self.resolution) ? self.resolution : "NONE") == "NONE")', { rule: 'with resolution NONE the client has the address already: endpoints are refused', mend: 'Drop `endpoints`, or set `resolution: STATIC`' }],
  ['((has(self.resolution) ? self.resolution : "") == "DNS_ROUND_ROBIN")', { rule: 'DNS_ROUND_ROBIN takes one endpoint at most', mend: 'Keep one endpoint, or set `resolution: DNS`' }],
  ['((has(self.operation) ? self.operation : "") == "UPSERT")', { rule: 'UPSERT writes a value', mend: 'Give `value`, or set `operation: REMOVE`' }],
  ['((has(self.operation) ? self.operation : "") == "REMOVE")', { rule: 'REMOVE takes no value', mend: 'Drop `value`, or set `operation: UPSERT`' }],
];

/** What a CEL rule of a CRD says, for people; a rule that is newer than these words speaks for itself. */
export function celWords(rule: string): Words {
  const found = WORDS.get(rule) ?? BEGINNINGS.find(([beginning]) => rule.startsWith(beginning))?.[1];
  return found ?? { rule: `the CRD demands ${rule.replaceAll('\n', ' ')}`, mend: 'Change the value so that this holds' };
}
