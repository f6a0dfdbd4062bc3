import type { Verdict } from '../istio/finding';

type Words = Omit<Verdict, 'value'>;

const SAME_PARENT: Words = { rule: 'a route names each parent once, or once for each listener or port', mend: 'Drop one, or give each its `sectionName` or `port`' };
const PATH: Words = { rule: 'a path begins with a slash and has no empty part, no dots that lead elsewhere, no `#` and no coded slash', mend: 'Write it as it arrives, such as /api/v1' };
const ONE_FILTER: Words = { rule: 'a rule has one filter of each of these types at most', mend: 'Join them in one filter' };
const OF_ONE_TYPE: Words = { rule: 'a filter has the settings of its own type, and no others', mend: 'Make `type` and the settings agree' };
const MATCHES: Words = { rule: 'the rules of a route have 128 matches together at most', mend: 'Split the route' };
const PREFIX: Words = {
  rule: '`ReplacePrefixMatch` replaces what the one match of the rule compares by PathPrefix',
  mend: 'Give the rule exactly one match with a `PathPrefix`, or write `ReplaceFullPath`',
};
const TARGETS: Words = { rule: 'a policy names each target once, or once for each of its ports by `sectionName`', mend: 'Drop one, or give each its `sectionName`' };
const PATH_CHANGE: Words = { rule: 'a path is changed in the way that `type` says', mend: 'Make `type` and the value beside it agree' };
const SAN: Words = { rule: 'a name of a certificate is a host name or a URI, as its `type` says', mend: 'Make `type` and the value beside it agree' };
const TLS_HOST: Words = { rule: 'a name that clients ask for in TLS is a DNS name, with a wildcard only as its whole first part', mend: 'Write such as shop.example.com or *.example.com' };
const AUTH: Words = { rule: 'an external authoriser is asked by HTTP or gRPC, as `protocol` says', mend: 'Make `protocol` and the settings agree' };

/** Our words for the CEL rules of the Gateway API's CRDs, by a part of their text that no other rule has. */
const WORDS: readonly (readonly [RegExp, Words])[] = [
  [/p1\.sectionName.*p2\.port|__namespace__/, SAME_PARENT],
  [/p1\.name == p2\.name.*sectionName/, TARGETS],
  [/self\.value\.(?:startsWith|contains|endsWith|matches)\(.*\) ?: true$/, PATH],
  [/\['Exact','PathPrefix'\] \|\|/, { rule: 'a path is compared by Exact, PathPrefix or RegularExpression', mend: 'Write one of these' }],
  [/self\.filter\(f, f\.type == '\w+'\)\.size\(\) <= 1/, ONE_FILTER],
  [/'RequestRedirect'\) && self\.exists\(f, f\.type == 'URLRewrite'/, { rule: 'a request is redirected or rewritten, not both', mend: 'Keep one of the two filters' }],
  [/self\.type [!=]= '(?:\w+Modifier|RequestMirror|ExtensionRef|RequestRedirect|URLRewrite|CORS|ExternalAuth)'\)/, OF_ONE_TYPE],
  [/'ReplacePrefixMatch' && has/, PREFIX],
  [/Replace(?:FullPath|PrefixMatch)/, PATH_CHANGE],
  [/self\[0\]\.matches/, MATCHES],
  [/size\(self\.group\) == 0 && self\.kind == 'Service'/, { rule: 'a Service is called at one of its ports', mend: 'Give `port`' }],
  [/numerator <= self\.denominator/, { rule: 'a share is not more than the whole', mend: 'Give a smaller numerator' }],
  [/has\(self\.percent\) && has\(self\.fraction\)/, { rule: 'a share is given in percent or as a fraction', mend: 'Keep one of `percent` and `fraction`' }],
  [/backendRequest\) > duration\(self\.request\)/, { rule: 'one try takes no longer than the whole request', mend: 'Give a shorter `backendRequest`, or a longer `request`' }],
  [/f\.requestRedirect\)\)\): true/, { rule: 'a rule that redirects sends nothing to backends', mend: 'Drop `backendRefs`, or the redirect' }],
  [/has\(self\.service\) \|\| has\(self\.method\)/, { rule: 'a match of gRPC names a service, a method or both', mend: 'Give `service` or `method`' }],
  [/self\.(?:service|method)\.matches/, { rule: 'services and methods of gRPC are named by letters, digits and underscores, services with dots', mend: 'Correct the name, or set `type: RegularExpression`' }],
  [/size\(self\.certificateRefs\) > 0/, { rule: 'to end TLS a listener needs a certificate', mend: 'Give `certificateRefs`, or `mode: Passthrough`' }],
  [/\['HTTP', 'TCP', 'UDP'\]/, { rule: 'a listener for HTTP, TCP or UDP has no `tls`', mend: 'Write `protocol: HTTPS` or `TLS`, or drop `tls`' }],
  [/l\.protocol == 'HTTPS' && has\(l\.tls\)/, { rule: 'a listener for HTTPS ends TLS', mend: 'Write `mode: Terminate`, or `protocol: TLS` to pass it through' }],
  [/l\.protocol == 'TLS' \? has/, { rule: 'a listener for TLS says whether it ends TLS', mend: 'Give `tls.mode`: Terminate or Passthrough' }],
  [/\['TCP', 'UDP'\]/, { rule: 'TCP and UDP know no host names', mend: 'Drop `hostname`' }],
  [/l1\.port == l2\.port/, { rule: 'two listeners of a gateway differ in port, protocol or host name', mend: 'Drop one, or give it a `hostname` of its own' }],
  [/l1\.name == l2\.name/, { rule: 'each has a name of its own', mend: 'Rename one' }],
  [/t1\.port == t2\.port/, { rule: 'settings of a port are given once', mend: 'Join the two' }],
  [/a1\.type ==/, { rule: 'an address is listed once', mend: 'Drop the repeated one' }],
  [/self\.type == 'Hostname' \?/, { rule: 'an address of type Hostname is a DNS name', mend: 'Correct the name' }],
  [/self\.type (?:!=|==) "(?:Hostname|URI)"/, SAN],
  [/caCertificateRefs/, { rule: 'a certificate is verified with CAs of your own or with those of the system', mend: 'Give one of `caCertificateRefs` and `wellKnownCACertificates`' }],
  [/key\.(?:matches|split)/, { rule: 'a label or annotation key has letters, digits and inner dashes, dots or underscores, with a DNS name and a slash before it', mend: 'Rename it' }],
  [/isIP\(h\)|h\.contains/, TLS_HOST],
  [/'\*' in self/, { rule: 'a star stands alone: it means all', mend: 'Drop the others, or the star' }],
  [/absoluteTimeout|self\.type == 'Cookie'/, { rule: 'a cookie that lasts has a time, and only sessions by cookie have one', mend: 'Give `absoluteTimeout`, or drop `cookieConfig`' }],
  [/self\.protocol == '(?:GRPC|HTTP)'/, AUTH],
];

/** What a CEL rule of a CRD says, for people; a rule that is newer than these words speaks for itself. */
export function gatewayCelWords(rule: string): Words {
  const found = WORDS.find(([part]) => part.test(rule))?.[1];
  return found ?? { rule: `the CRD demands ${rule.replaceAll('\n', ' ')}`, mend: 'Change the value so that this holds' };
}
