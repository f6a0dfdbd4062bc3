import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { checkSources, readSources } from '../../cli/check/check-files';
import { toJson } from '../../cli/check/render';
import { checkCommand } from '../../cli/commands/check';
import { MeshContext, MeshModel } from '../../constructs/model/mesh-model';
import { ModelObject } from '../../constructs/model/object';
import { Acknowledgements, analyze } from '../../constructs/validation/analysis';
import { ADDON_LIMITS } from '../../constructs/mesh/addon-limits';
import { checkFlavor } from '../../constructs/validation/flavor/check-flavor';
import { gatewayCelWords } from '../../constructs/validation/gateway-api/cel-words';
import { GATEWAY_CEL_RULES } from '../../constructs/validation/gateway-api/generated/cel-rules';
import { checkObject, istioApi } from '../../constructs/validation/istio';
import { readCel } from '../../constructs/validation/istio/cel-syntax';
import { parseDuration } from '../../constructs/validation/istio/duration';
import { CEL_RULES } from '../../constructs/validation/istio/generated/cel-rules';
import { parseRequestUri } from '../../constructs/validation/istio/go-url';
import { holdAgainst } from '../../constructs/validation/istio/structural';
import { stepsOf } from '../../constructs/validation/istio/well-typed';

const VERSIONS: Record<string, string> = {
  VirtualService: 'networking.istio.io/v1',
  DestinationRule: 'networking.istio.io/v1',
  Gateway: 'networking.istio.io/v1',
  ServiceEntry: 'networking.istio.io/v1',
  Sidecar: 'networking.istio.io/v1',
  WorkloadEntry: 'networking.istio.io/v1',
  WorkloadGroup: 'networking.istio.io/v1',
  EnvoyFilter: 'networking.istio.io/v1alpha3',
  ProxyConfig: 'networking.istio.io/v1beta1',
  AuthorizationPolicy: 'security.istio.io/v1',
  PeerAuthentication: 'security.istio.io/v1',
  RequestAuthentication: 'security.istio.io/v1',
  Telemetry: 'telemetry.istio.io/v1',
  WasmPlugin: 'extensions.istio.io/v1alpha1',
  TrafficExtension: 'extensions.istio.io/v1alpha1',
  Service: 'v1',
  Pod: 'v1',
  Namespace: 'v1',
  Secret: 'v1',
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
};

/** An object of a spec in YAML. */
function object(kind: string, spec: string, metadata: Partial<ModelObject['metadata']> = {}): ModelObject {
  return { apiVersion: VERSIONS[kind]!, kind, metadata: { name: 'it', namespace: 'shop', ...metadata }, spec: parse(spec) as Record<string, unknown> };
}

/** Each code with the fields that it is found at. */
function found(findings: readonly { code: string; field: string }[]): string[] {
  return [...new Set(findings.map(({ code, field }) => `${code} ${field}`))];
}

const route = 'route: [{destination: {host: a}}]';
const http = (member: string): string => `{hosts: [a], http: [{${route}, ${member}}]}`;
const policy = (member: string): string => `{host: a, trafficPolicy: {${member}}}`;
const server = (members: string): string => `{selector: {istio: ingress}, servers: [{${members}}]}`;
const port = 'port: {number: 443, name: https, protocol: HTTPS}';
const plain = 'port: {number: 80, name: http, protocol: HTTP}';
const hosts = 'hosts: [shop.example.com]';
const entry = (members: string): string => `{hosts: [api.example.com], ports: [{number: 443, name: tls, protocol: TLS}], ${members}}`;
const rule = (members: string): string => `{rules: [{${members}}]}`;
const patch = (members: string): string => `{configPatches: [{${members}}]}`;

const LUA = 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua';
const MANAGER = '{listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: envoy.filters.http.router}}}}}';
const logs = (filter: string): string => `{accessLogging: [{providers: [{name: envoy}], filter: {expression: '${filter}'}}]}`;

// kind | a good spec | a bad one | what is said of the bad one
const RULES: readonly (readonly [string, string, string, readonly string[]])[] = [
  // The schema and its CEL rules.
  ['VirtualService', http('timeout: 1s'), http('timeOut: 1s'), ['AI0001 spec.http[0].timeOut']],
  ['VirtualService', http('timeout: 1s'), http('timeout: 5'), ['AI0002 spec.http[0].timeout']],
  ['DestinationRule', policy('loadBalancer: {simple: RANDOM}'), policy('loadBalancer: {simple: RANDON}'), ['AI0003 spec.trafficPolicy.loadBalancer.simple']],
  ['DestinationRule', '{host: a, subsets: [{name: v1}]}', '{host: a, subsets: [{labels: {version: v1}}]}', ['AI0004 spec.subsets[0].name']],
  ['RequestAuthentication', '{jwtRules: [{issuer: a}]}', '{jwtRules: [{issuer: ""}]}', ['AI0005 spec.jwtRules[0].issuer', 'AI0901 spec.jwtRules[0]']],
  ['VirtualService', http('match: [{uri: {exact: /a}}]'), http('fault: {delay: {fixedDelay: 1s, exponentialDelay: 1s}}'), ['AI0006 spec.http[0].fault.delay', 'AI0144 spec.http[0].fault.delay.exponentialDelay']],
  ['VirtualService', http('timeout: 1m30s'), http('timeout: 1us'), ['AI0007 spec.http[0].timeout']],
  ['PeerAuthentication', '{selector: {matchLabels: {app: a}}, portLevelMtls: {"80": {mode: DISABLE}}}', '{portLevelMtls: {"80": {mode: DISABLE}}}', ['AI0007 spec']],
  ['WasmPlugin', '{url: oci://a/b}', '{url: "ftp://a/b"}', ['AI0007 spec.url']],
  // VirtualService.
  ['VirtualService', http('timeout: 1s'), '{hosts: [a]}', ['AI0101 spec']],
  ['VirtualService', `{http: [{${route}}]}`, `{gateways: [g], http: [{${route}}]}`, ['AI0102 spec.gateways']],
  ['VirtualService', `{hosts: ["*"], gateways: [g], http: [{${route}}]}`, `{hosts: ["*"], http: [{${route}}]}`, ['AI0103 spec.hosts[0]']],
  ['VirtualService', `{hosts: [a.com, b.com], http: [{${route}}]}`, `{hosts: ["*.com", b.com], http: [{${route}}]}`, ['AI0104 spec.hosts[1]']],
  ['VirtualService', `{hosts: [a.com], gateways: [g], http: [{match: [{headers: {"@request.auth.claims.sub": {exact: x}}}], ${route}}]}`, `{hosts: [a.com], http: [{match: [{headers: {"@request.auth.claims.sub": {exact: x}}}], ${route}}]}`, ['AI0105 spec.http[0].match[0].headers["@request.auth.claims.sub"]']],
  ['VirtualService', `{hosts: [a], gateways: [ns/g, mesh], http: [{${route}}]}`, `{hosts: [a], gateways: [ns/g_1], http: [{${route}}]}`, ['AI0106 spec.gateways[0]']],
  ['VirtualService', `{hosts: [a], gateways: [g], http: [{${route}}]}`, `{hosts: [a], gateways: [g.ns], http: [{${route}}]}`, ['AI0107 spec.gateways[0]']],
  ['VirtualService', http('timeout: 1s'), '{hosts: [a], http: [{route: [{destination: {host: "*"}}]}]}', ['AI0110 spec.http[0].route[0].destination.host']],
  ['VirtualService', http('timeout: 1s'), '{hosts: [a], http: [{route: [{destination: {host: a, subset: v_1}}]}]}', ['AI0111 spec.http[0].route[0].destination.subset']],
  ['VirtualService', http('timeout: 1s'), '{hosts: [a], http: [{route: [{destination: {host: a}, weight: -1}]}]}', ['AI0112 spec.http[0].route[0].weight']],
  ['VirtualService', '{hosts: [a], http: [{route: [{destination: {host: a}, weight: 100}, {destination: {host: b}}]}]}', '{hosts: [a], http: [{route: [{destination: {host: a}}, {destination: {host: b}}]}]}', ['AI0113 spec.http[0].route']],
  ['VirtualService', '{hosts: [a], http: [{route: [{destination: {host: a}, weight: 90}, {destination: {host: b}, weight: 10}]}]}', '{hosts: [a], http: [{route: [{destination: {host: a}, weight: 9}, {destination: {host: b}, weight: 2}]}]}', ['AI0114 spec.http[0].route']],
  ['VirtualService', '{hosts: [a], http: [{redirect: {uri: /b}}]}', http('redirect: {uri: /b}'), ['AI0120 spec.http[0]']],
  ['VirtualService', '{hosts: [a], http: [{delegate: {name: b}}]}', http('delegate: {name: b}'), ['AI0120 spec.http[0]']],
  ['VirtualService', '{hosts: [a], http: [{directResponse: {status: 503}}]}', '{hosts: [a], http: [{match: [{uri: {exact: /}}]}]}', ['AI0121 spec.http[0]']],
  ['VirtualService', http('mirror: {host: b}, mirrorPercentage: {value: 5}'), http('mirror: {host: b}, mirrorPercent: 5'), ['AI0122 spec.http[0].mirrorPercent']],
  ['VirtualService', http('rewrite: {uri: /b}'), http('rewrite: {uri: /b, uriRegexRewrite: {match: a, rewrite: b}}'), ['AI0123 spec.http[0].rewrite']],
  ['VirtualService', http('rewrite: {authority: b}'), http('rewrite: {authority: b}, headers: {request: {set: {Host: c}}}'), ['AI0124 spec.http[0].headers.request.set.Host']],
  ['VirtualService', http('match: [{headers: {end-user: {exact: a}}}]'), http('match: [{headers: {"end user": {exact: a}}}]'), ['AI0130 spec.http[0].match[0].headers["end user"]']],
  ['VirtualService', http('match: [{sourceNamespace: a}]'), http('match: [{sourceNamespace: a.b}]'), ['AI0131 spec.http[0].match[0].sourceNamespace']],
  ['VirtualService', http('match: [{uri: {prefix: ""}}]'), http('match: [{method: {prefix: ""}}]'), ['AI0132 spec.http[0].match[0].method.prefix']],
  ['VirtualService', http('match: [{uri: {regex: "/a.*"}}]'), http('match: [{uri: {regex: "/(?=a)"}}]'), ['AI0037 spec.http[0].match[0].uri.regex']],
  ['VirtualService', '{hosts: [a], http: [{redirect: {uri: /b, redirectCode: 302}}]}', '{hosts: [a], http: [{redirect: {uri: /b, redirectCode: 200}}]}', ['AI0133 spec.http[0].redirect.redirectCode']],
  ['VirtualService', '{hosts: [a], http: [{directResponse: {status: 599}}]}', '{hosts: [a], http: [{directResponse: {status: 100}}]}', ['AI0135 spec.http[0].directResponse.status']],
  ['VirtualService', http('fault: {abort: {httpStatus: 500}}'), http('fault: {}'), ['AI0140 spec.http[0].fault']],
  ['VirtualService', http('fault: {abort: {grpcStatus: UNAVAILABLE}}'), http('fault: {abort: {grpcStatus: GONE}}'), ['AI0141 spec.http[0].fault.abort.grpcStatus']],
  ['VirtualService', http('fault: {abort: {httpStatus: 500}}'), http('fault: {abort: {http2Error: X}}'), ['AI0142 spec.http[0].fault.abort.http2Error']],
  ['VirtualService', http('fault: {abort: {httpStatus: 500}}'), http('fault: {abort: {percentage: {value: 10}}}'), ['AI0143 spec.http[0].fault.abort']],
  ['VirtualService', http('fault: {abort: {httpStatus: 500, percentage: {value: 0.0001}}}'), http('fault: {abort: {httpStatus: 500, percentage: {value: 101}}}'), ['AI0035 spec.http[0].fault.abort.percentage.value']],
  ['VirtualService', http('corsPolicy: {maxAge: 24h, allowMethods: [GET]}'), http('corsPolicy: {maxAge: 1500ms, allowMethods: [get]}'), ['AI0145 spec.http[0].corsPolicy.allowMethods[0]', 'AI0145 spec.http[0].corsPolicy.maxAge']],
  ['VirtualService', http('retries: {attempts: 3}'), http('retries: {attempts: -3}'), ['AI0146 spec.http[0].retries.attempts']],
  ['VirtualService', http('retries: {attempts: 0}'), http('retries: {attempts: 0, perTryTimeout: 1s}'), ['AI0147 spec.http[0].retries']],
  ['VirtualService', http('retries: {attempts: 3, retryOn: "5xx,503"}'), http('retries: {attempts: 3, retryOn: "5xx, 503,509"}'), ['AI0148 spec.http[0].retries.retryOn']],
  ['VirtualService', http('timeout: 0.001s'), http('timeout: 1500us'), ['AI0034 spec.http[0].timeout']],
  ['VirtualService', http('headers: {request: {set: {x: "%PROTOCOL% 100%%"}}}'), http('headers: {request: {set: {x: "100%"}}, response: {remove: [":status"]}}'), ['AI0046 spec.http[0].headers.request.set.x', 'AI0045 spec.http[0].headers.response.remove[0]']],
  ['VirtualService', `{hosts: [a], tls: [{match: [{sniHosts: [a]}], ${route}}]}`, `{hosts: [a], tls: [{${route}}]}`, ['AI0004 spec.tls[0].match', 'AI0150 spec.tls[0]']],
  ['VirtualService', `{hosts: [a], tcp: [{${route}}]}`, '{hosts: [a], tcp: [{}]}', ['AI0151 spec.tcp[0]']],
  ['VirtualService', `{hosts: [a], tls: [{match: [{sniHosts: [a]}], ${route}}]}`, `{hosts: [a], tls: [{match: [{sniHosts: [b]}, {sniHosts: []}, {sniHosts: [1.2.3.4]}], ${route}}]}`, ['AI0154 spec.tls[0].match[0].sniHosts[0]', 'AI0152 spec.tls[0].match[1]', 'AI0153 spec.tls[0].match[2].sniHosts[0]']],
  ['VirtualService', `{hosts: [a], http: [{match: [{uri: {exact: /a}}], ${route}}, {${route}}]}`, `{hosts: [a], http: [{${route}}, {match: [{uri: {exact: /a}}], ${route}}]}`, ['IST0130 spec.http[1].match[0]']],
  ['VirtualService', `{hosts: [a], http: [{match: [{uri: {prefix: /ab}}], ${route}}, {match: [{uri: {prefix: /a}}], ${route}}]}`, `{hosts: [a], http: [{match: [{uri: {prefix: /a}}], ${route}}, {match: [{uri: {prefix: /ab}}], ${route}}]}`, ['IST0131 spec.http[1].match[0]']],
  ['VirtualService', http('fault: {delay: {fixedDelay: 1s, percentage: {value: 5}}}'), http('fault: {delay: {fixedDelay: 1s, percent: 5}}'), ['IST0002 spec.http[0].fault.delay.percent']],
  ['VirtualService', `{hosts: [a], exportTo: [., b], http: [{${route}}]}`, `{hosts: [a], exportTo: [., shop, "*"], http: [{${route}}]}`, ['AI0042 spec.exportTo[1]', 'AI0042 spec.exportTo']],
  // DestinationRule.
  ['DestinationRule', '{host: a, subsets: [{name: v1}, {name: v2}]}', '{host: a, subsets: [{name: v1}, {name: v1}]}', ['AI0201 spec.subsets[1].name']],
  ['DestinationRule', policy('tls: {mode: DISABLE}'), policy(''), ['AI0202 spec.trafficPolicy']],
  ['DestinationRule', policy('tunnel: {targetHost: a.com, targetPort: 443}'), policy('tunnel: {targetHost: a.com, targetPort: 443}, proxyProtocol: {version: V1}'), ['AI0203 spec.trafficPolicy']],
  ['DestinationRule', policy('portLevelSettings: [{port: {number: 80}, tls: {mode: DISABLE}}]'), policy('portLevelSettings: [{tls: {mode: DISABLE}}]'), ['AI0204 spec.trafficPolicy.portLevelSettings[0]']],
  ['DestinationRule', policy('tls: {mode: MUTUAL, credentialName: a}'), policy('tls: {mode: MUTUAL}'), ['AI0210 spec.trafficPolicy.tls.clientCertificate', 'AI0210 spec.trafficPolicy.tls.privateKey']],
  ['DestinationRule', policy('connectionPool: {tcp: {maxConnections: 1}}'), policy('connectionPool: {}'), ['AI0211 spec.trafficPolicy.connectionPool']],
  ['DestinationRule', policy('connectionPool: {http: {useClientProtocol: true}}'), policy('connectionPool: {http: {useClientProtocol: true, h2UpgradePolicy: UPGRADE}}'), ['AI0212 spec.trafficPolicy.connectionPool.http']],
  ['DestinationRule', policy('outlierDetection: {consecutive5xxErrors: 5}'), policy('outlierDetection: {consecutiveErrors: 5}'), ['AI0213 spec.trafficPolicy.outlierDetection.consecutiveErrors']],
  ['DestinationRule', policy('outlierDetection: {maxEjectionPercent: 100}'), policy('outlierDetection: {maxEjectionPercent: 101, consecutiveLocalOriginFailures: 3}'), ['AI0214 spec.trafficPolicy.outlierDetection.consecutiveLocalOriginFailures', 'AI0036 spec.trafficPolicy.outlierDetection.maxEjectionPercent']],
  ['DestinationRule', policy('loadBalancer: {consistentHash: {httpHeaderName: x, maglev: {tableSize: 65537}}}'), policy('loadBalancer: {consistentHash: {httpHeaderName: x, maglev: {tableSize: 65536}}}'), ['AI0216 spec.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize']],
  ['DestinationRule', policy('loadBalancer: {localityLbSetting: {distribute: [{from: a/*, to: {a/*: 80, b/*: 20}}]}}'), policy('loadBalancer: {localityLbSetting: {distribute: [{from: a/*, to: {a/*: 80, b/*: 10}}]}}'), ['AI0218 spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to']],
  ['DestinationRule', policy('outlierDetection: {interval: 1s}, loadBalancer: {localityLbSetting: {failover: [{from: a, to: b}]}}'), policy('loadBalancer: {localityLbSetting: {failover: [{from: a, to: b}]}}'), ['AI0219 spec.trafficPolicy.loadBalancer.localityLbSetting']],
  ['DestinationRule', '{host: a, workloadSelector: {matchLabels: {a: b}}, exportTo: [.]}', '{host: a, workloadSelector: {matchLabels: {a: b}}, exportTo: [b]}', ['AI0043 spec.exportTo']],
  ['DestinationRule', '{host: a, subsets: [{name: v1, labels: {version: v1}}]}', '{host: a.-b, subsets: [{name: v1, labels: {version: "v 1"}}]}', ['AI0031 spec.host', 'AI0039 spec.subsets[0].labels.version']],
  // Gateway.
  ['Gateway', server(`${plain}, ${hosts}`), '{selector: {istio: ingress}}', ['AI0302 spec.servers']],
  ['Gateway', `{servers: [{${plain}, ${hosts}}, {port: {number: 81, name: b, protocol: HTTP}, ${hosts}}]}`, `{servers: [{${plain}, ${hosts}}, {port: {number: 81, name: http, protocol: HTTP}, ${hosts}}]}`, ['AI0303 spec.servers[1].port.name']],
  ['Gateway', server(`${plain}, ${hosts}`), server(`${plain}, hosts: []`), ['AI0305 spec.servers[0].hosts']],
  ['Gateway', server(`${port}, ${hosts}, tls: {mode: SIMPLE, credentialName: a}`), server(`${port}, ${hosts}`), ['AI0306 spec.servers[0].tls']],
  ['Gateway', server(`${plain}, ${hosts}, tls: {httpsRedirect: true}`), server(`${plain}, ${hosts}, tls: {mode: SIMPLE, credentialName: a}`), ['AI0307 spec.servers[0].tls']],
  ['Gateway', server(`${plain}, ${hosts}`), server(`port: {number: 80, name: http, protocol: SMTP, targetPort: 8080}, ${hosts}`), ['AI0030 spec.servers[0].port.protocol', 'AI0309 spec.servers[0].port.targetPort']],
  ['Gateway', server(`${plain}, hosts: ["ns/*.example.com", "*"]`), server(`${plain}, hosts: [shop, "a*.example.com"]`), ['AI0311 spec.servers[0].hosts[0]', 'AI0311 spec.servers[0].hosts[1]']],
  ['Gateway', server(`${port}, ${hosts}, tls: {mode: ISTIO_MUTUAL}`), server(`${port}, ${hosts}, tls: {mode: ISTIO_MUTUAL, credentialName: a}`), ['AI0320 spec.servers[0].tls']],
  ['Gateway', server(`${port}, ${hosts}, tls: {mode: SIMPLE, serverCertificate: a, privateKey: b}`), server(`${port}, ${hosts}, tls: {mode: SIMPLE}`), ['AI0320 spec.servers[0].tls.serverCertificate', 'AI0320 spec.servers[0].tls.privateKey']],
  ['Gateway', server(`${port}, ${hosts}, tls: {mode: PASSTHROUGH}`), server(`${port}, ${hosts}, tls: {mode: PASSTHROUGH, credentialName: a}`), ['AI0321 spec.servers[0].tls']],
  ['Gateway', server(`${port}, ${hosts}, tls: {mode: SIMPLE, credentialName: a, cipherSuites: [AES128-SHA]}`), server(`${port}, ${hosts}, tls: {mode: SIMPLE, credentialName: a, cipherSuites: [AES]}`), ['AI0322 spec.servers[0].tls.cipherSuites[0]']],
  // ServiceEntry, workloads, Sidecar.
  ['ServiceEntry', entry('resolution: DNS'), '{hosts: [a.com, b.com], resolution: DNS, ports: [{number: 80, name: a, protocol: TCP}]}', ['AI0401 spec.ports[0]']],
  ['ServiceEntry', entry('resolution: STATIC, endpoints: [{address: 1.1.1.1, ports: {tls: 443}}]'), entry('resolution: STATIC, endpoints: [{address: a.com, ports: {http: 80}}]'), ['AI0502 spec.endpoints[0].address', 'AI0401 spec.endpoints[0].ports.http']],
  ['ServiceEntry', '{hosts: ["*.a.com"], ports: [{number: 80, name: http, protocol: HTTP}]}', '{hosts: ["a*.com"], ports: [{number: 80, name: tcp, protocol: TCP}]}', ['AI0031 spec.hosts[0]', 'AI0402 spec.hosts[0]', 'AI0403 spec.ports[0]']],
  ['ServiceEntry', entry('resolution: STATIC, workloadSelector: {labels: {a: b}}'), entry('workloadSelector: {labels: {}}'), ['AI0040 spec.workloadSelector', 'AI0404 spec.workloadSelector']],
  ['WorkloadEntry', '{address: 1.1.1.1}', '{network: a}', ['AI0501 spec.address']],
  ['WorkloadGroup', '{template: {}, probe: {tcpSocket: {port: 80}}}', '{template: {}, probe: {periodSeconds: 5}}', ['AI0504 spec.probe']],
  ['Sidecar', '{egress: [{hosts: ["./*"]}]}', '{}', ['AI0601 spec']],
  ['Sidecar', '{egress: [{hosts: ["./*", "istio-system/*"]}]}', '{egress: [{hosts: ["*", "./reviews"]}]}', ['AI0602 spec.egress[0].hosts[0]', 'AI0602 spec.egress[0].hosts[1]']],
  ['Sidecar', '{ingress: [{port: {number: 80, protocol: HTTP, name: a}, defaultEndpoint: "127.0.0.1:80"}]}', '{ingress: [{port: {number: 80, protocol: TCP, name: a}, defaultEndpoint: "10.0.0.1:80", connectionPool: {http: {maxRetries: 1}}}]}', ['AI0602 spec.ingress[0].defaultEndpoint', 'AI0603 spec.ingress[0].connectionPool.http']],
  ['Sidecar', '{egress: [{hosts: ["./a.com"]}]}', '{egress: [{hosts: ["./*", "./a.com"]}]}', ['AI0604 spec.egress[0].hosts[1]']],
  // EnvoyFilter.
  ['EnvoyFilter', patch('applyTo: CLUSTER, match: {cluster: {name: a}}, patch: {operation: MERGE, value: {}}'), patch('applyTo: CLUSTER, match: {listener: {}}, patch: {operation: MERGE, value: {}}'), ['AI0701 spec.configPatches[0].match.listener']],
  ['EnvoyFilter', patch('applyTo: CLUSTER, patch: {operation: REMOVE}'), patch('applyTo: CLUSTER, patch: {operation: ADD}'), ['AI0701 spec.configPatches[0].patch.value']],
  ['EnvoyFilter', patch('applyTo: HTTP_FILTER, patch: {operation: INSERT_FIRST, value: {typed_config: {"@type": type.googleapis.com/a.v3.B}}}'), patch('applyTo: HTTP_FILTER, patch: {operation: INSERT_FIRST, value: {typed_config: {}}}'), ['AI0701 spec.configPatches[0].patch.value.typed_config["@type"]']],
  ['EnvoyFilter', patch('applyTo: HTTP_FILTER, patch: {operation: REPLACE, value: {}}'), patch('applyTo: CLUSTER, patch: {operation: REPLACE, value: {}}'), ['IST0152 spec.configPatches[0].patch.operation']],
  ['EnvoyFilter', patch('applyTo: VIRTUAL_HOST, patch: {operation: ADD, value: {}}'), patch('applyTo: HTTP_ROUTE, patch: {operation: ADD, value: {}}'), ['IST0153 spec.configPatches[0].patch.operation']],
  ['EnvoyFilter', patch('applyTo: CLUSTER, patch: {operation: REMOVE}'), patch('applyTo: HTTP_ROUTE, patch: {operation: REMOVE}'), ['IST0154 spec.configPatches[0].patch.operation']],
  ['EnvoyFilter', patch(`applyTo: HTTP_FILTER, patch: {operation: INSERT_FIRST, value: {typed_config: {"@type": ${LUA}}}}`), patch(`applyTo: HTTP_FILTER, patch: {operation: INSERT_FIRST, value: {typed_config: {"@type": ${LUA}s}}}`), ['AI0704 spec.configPatches[0].patch.value.typed_config["@type"]']],
  ['EnvoyFilter', patch(`applyTo: HTTP_FILTER, match: ${MANAGER}, patch: {operation: INSERT_BEFORE, value: {name: a}}`), patch(`applyTo: HTTP_FILTER, match: ${MANAGER}, patch: {operation: INSERT_AFTER, value: {name: a}}`), ['AI0705 spec.configPatches[0].patch.operation']],
  ['EnvoyFilter', patch(`applyTo: HTTP_FILTER, match: ${MANAGER}, patch: {operation: MERGE, value: {}}`), patch('applyTo: HTTP_FILTER, patch: {operation: MERGE, value: {}}'), ['AI0706 spec.configPatches[0].patch.operation']],
  ['EnvoyFilter', patch('applyTo: HTTP_FILTER, patch: {operation: INSERT_FIRST, value: {name: envoy.filters.http.lua}}'), patch('applyTo: HTTP_FILTER, patch: {operation: INSERT_FIRST, value: {name: envoy.lua}}'), ['AI0703 spec.configPatches[0].patch.value.name']],
  ['EnvoyFilter', patch('applyTo: CLUSTER, match: {context: SIDECAR_INBOUND, cluster: {name: "inbound|80||"}}, patch: {operation: MERGE, value: {}}'), patch('applyTo: CLUSTER, match: {context: SIDECAR_OUTBOUND, cluster: {name: "inbound|80||"}}, patch: {operation: MERGE, value: {}}'), ['AI0707 spec.configPatches[0].match.context']],
  // Policies, telemetry, the rest.
  ['AuthorizationPolicy', '{action: DENY, rules: [{}]}', '{action: DENY}', ['AI0801 spec.rules']],
  ['AuthorizationPolicy', '{action: CUSTOM, provider: {name: opa}, rules: [{}]}', '{action: CUSTOM, rules: [{}]}', ['AI0802 spec.provider.name']],
  ['AuthorizationPolicy', rule('from: [{source: {namespaces: [a]}}]'), rule('from: [{source: {}}], to: [{}]'), ['AI0803 spec.rules[0].from[0].source', 'AI0803 spec.rules[0].to[0].operation']],
  ['AuthorizationPolicy', '{action: CUSTOM, provider: {name: a}, rules: [{to: [{operation: {paths: [/a]}}]}]}', '{action: CUSTOM, provider: {name: a}, rules: [{from: [{source: {principals: [a]}}]}]}', ['AI0804 spec.rules[0].from[0].source.principals']],
  ['AuthorizationPolicy', '{action: DENY, rules: [{to: [{operation: {methods: [GET], ports: ["80"]}}]}]}', '{action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}', ['AI0805 spec.rules[0]']],
  ['AuthorizationPolicy', rule('to: [{operation: {paths: ["/a/{*}/b"], ports: ["80"]}}]'), rule('to: [{operation: {paths: ["/a/{**}/{*}", "/{b}"], ports: ["http"]}}]'), ['AI0806 spec.rules[0].to[0].operation.paths[0]', 'AI0806 spec.rules[0].to[0].operation.paths[1]', 'AI0806 spec.rules[0].to[0].operation.ports[0]']],
  ['AuthorizationPolicy', rule('when: [{key: "request.auth.claims[sub]", values: [a]}]'), rule('when: [{key: request.headers, values: [a]}, {key: destination.name, values: [a]}, {key: source.ip}]'), ['AI0807 spec.rules[0].when[0].key', 'AI0807 spec.rules[0].when[1].key', 'AI0807 spec.rules[0].when[2]']],
  ['AuthorizationPolicy', rule('from: [{source: {ipBlocks: [10.0.0.0/8]}}]'), rule('from: [{source: {ipBlocks: [10.0.0.0/33]}}]'), ['AI0038 spec.rules[0].from[0].source.ipBlocks[0]']],
  ['AuthorizationPolicy', '{rules: [{}]}', '{rules: [{from: []}]}', ['AI0808 spec.rules[0].from']],
  ['AuthorizationPolicy', '{targetRefs: [{kind: Service, name: a}]}', '{targetRefs: [{kind: Pod, name: a}]}', ['AI0044 spec.targetRefs[0]']],
  ['RequestAuthentication', '{jwtRules: [{issuer: a, jwks: \'{"keys":[{"kty":"RSA","n":"a","e":"AQAB"}]}\'}]}', '{jwtRules: [{issuer: a, jwks: "{}"}, {issuer: b, jwks: \'{"kty":"RSA","d":"x"}\'}]}', ['AI0902 spec.jwtRules[0].jwks', 'AI0903 spec.jwtRules[1].jwks']],
  ['Telemetry', '{tracing: [{providers: [{name: a}]}]}', '{tracing: [{providers: [{name: a}, {name: b}]}, {}]}', ['AI1101 spec.tracing', 'AI1101 spec.tracing[0].providers']],
  ['Telemetry', logs('response.code >= 400 && !has(request.referer)'), logs('response.code => 400'), ['AI1103 spec.accessLogging[0].filter.expression']],
  ['Telemetry', logs('[1, 2].exists(code, code == response.code) || connection.mtls'), logs('response.status == 200 || requests.path == "/"'), ['AI1104 spec.accessLogging[0].filter.expression']],
  ['Telemetry', '{metrics: [{overrides: [{tagOverrides: {a: {operation: REMOVE}}}]}]}', '{metrics: [{overrides: [{tagOverrides: {a: {}}}]}]}', ['AI1102 spec.metrics[0].overrides[0].tagOverrides.a']],
  ['WasmPlugin', '{url: oci://a/b, vmConfig: {env: [{name: a, value: b}]}}', '{url: oci://a/b, vmConfig: {env: [{name: a, value: b}, {name: a, value: c}]}}', ['AI0005 spec.vmConfig.env[1]']],
  ['ProxyConfig', '{concurrency: 0}', '{concurrency: -1}', ['AI0005 spec.concurrency']],
];

/** An object of the Gateway API. */
function gatewayApi(kind: string, spec: string, metadata: Partial<ModelObject['metadata']> & { version?: string } = {}): ModelObject {
  const { version = kind === 'ReferenceGrant' ? 'v1beta1' : 'v1', ...rest } = metadata;
  return { ...object(kind, spec, { name: 'it', ...rest }), apiVersion: `gateway.networking.k8s.io/${version}` };
}

const listener = (members: string): string => `{gatewayClassName: istio, listeners: [{name: a, ${members}}]}`;
const httpRoute = (members: string): string => `{rules: [{${members}}]}`;

// kind | a good spec | a bad one | what is said of the bad one
const GATEWAY_RULES: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['HTTPRoute', httpRoute('backendRefs: [{name: a, port: 80}]'), httpRoute('backendRefs: [{name: a, prot: 80}]'), ['AI0001 spec.rules[0].backendRefs[0].prot', 'AI0007 spec.rules[0].backendRefs[0]']],
  ['HTTPRoute', httpRoute('matches: [{path: {value: /a}}]'), httpRoute('matches: [{path: {value: a}}]'), ['AI0007 spec.rules[0].matches[0].path']],
  ['HTTPRoute', httpRoute('timeouts: {request: 2s, backendRequest: 1s}'), httpRoute('timeouts: {request: 1s, backendRequest: 2s}'), ['AI0007 spec.rules[0].timeouts']],
  ['HTTPRoute', '{parentRefs: [{name: a, sectionName: x}, {name: a, sectionName: y}]}', '{parentRefs: [{name: a}, {name: a, sectionName: y}]}', ['AI0007 spec.parentRefs']],
  ['HTTPRoute', httpRoute('filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], matches: [{path: {value: /a}}]'), httpRoute('filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], matches: [{path: {type: Exact, value: /a}}]'), ['AI0007 spec.rules[0]']],
  ['HTTPRoute', httpRoute('filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]'), httpRoute('filters: [{type: RequestRedirect, requestMirror: {backendRef: {name: a, port: 80}}}]'), ['AI0007 spec.rules[0].filters[0]']],
  ['HTTPRoute', httpRoute('timeouts: {request: 1s}'), httpRoute('retry: {attempts: 2}, filters: [{type: CORS, cors: {allowOrigins: ["https://a"]}}]'), ['AI1200 spec.rules[0].filters[0].cors', 'AI1200 spec.rules[0].filters[0].type', 'AI1200 spec.rules[0].retry']],
  ['GRPCRoute', httpRoute('matches: [{method: {service: a.B}}]'), httpRoute('matches: [{method: {service: a-b}}]'), ['AI0007 spec.rules[0].matches[0].method']],
  ['Gateway', listener('port: 80, protocol: HTTP'), listener('port: 80, protocol: HTTP, tls: {certificateRefs: [{name: a}]}'), ['AI0007 spec.listeners']],
  ['Gateway', listener('port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: a}]}'), listener('port: 443, protocol: HTTPS, tls: {}'), ['AI0007 spec.listeners[0].tls']],
  ['Gateway', '{gatewayClassName: istio, listeners: [{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP, hostname: a.example.com}]}', '{gatewayClassName: istio, listeners: [{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}]}', ['AI0007 spec.listeners']],
  ['Gateway', listener('port: 80, protocol: HTTP').replace('{g', '{addresses: [{type: Hostname, value: a.shop}], g'), listener('port: 80, protocol: HTTP').replace('{g', '{addresses: [{value: a.shop}], g'), ['AI0006 spec.addresses[0]']],
  ['BackendTLSPolicy', '{targetRefs: [{group: "", kind: Service, name: a}], validation: {hostname: a.com, wellKnownCACertificates: System}}', '{targetRefs: [{group: "", kind: Service, name: a}], validation: {hostname: a.com}}', ['AI0007 spec.validation']],
  ['ReferenceGrant', '{from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a}], to: [{group: "", kind: Service}]}', '{from: [], to: [{group: "", kind: Service}]}', ['AI0005 spec.from']],
];

describe('the Gateway API: rules of one object', () => {
  test.each(GATEWAY_RULES)('%s: %s, but not %s', (kind, good, bad, expected) => {
    expect(found(checkObject(gatewayApi(kind, good)))).toEqual([]);
    expect(found(checkObject(gatewayApi(kind, bad))).sort()).toEqual([...expected].sort());
  });

  test('every rule of the CRDs has words of ours', () => {
    expect(GATEWAY_CEL_RULES.filter(({ rule: text }) => gatewayCelWords(text).rule.startsWith('the CRD demands'))).toEqual([]);
  });

  test('kinds and versions, by the release that goes with the version of Istio', () => {
    const tls = (version: string): ModelObject => gatewayApi('TLSRoute', '{hostnames: [a.com], rules: [{backendRefs: [{name: a, port: 443}]}]}', { version });
    expect(found(checkObject(tls('v1')))).toEqual(['AI0010 apiVersion']);
    expect(found(checkObject(tls('v1alpha2')))).toEqual(['AI1200 apiVersion']);
    expect(found(checkObject(tls('v1'), { istioVersion: '1.30' }))).toEqual([]);
    expect(found(checkObject(gatewayApi('TlsRoute', '{}')))).toEqual(['AI0010 kind']);
  });
});

describe('rules of one object', () => {
  test.each(RULES)('%s: %s, but not %s', (kind, good, bad, expected) => {
    expect(found(checkObject(object(kind, good)))).toEqual([]);
    expect(found(checkObject(object(kind, bad))).sort()).toEqual([...expected].sort());
  });

  test('name, annotations and fields beside the spec', () => {
    const odd = { ...object('AuthorizationPolicy', '{action: AUDIT, rules: [{}]}', { name: 'My_Policy', annotations: { 'istio.io/dry-run': 'true' } }), specs: {} };
    expect(found(checkObject(odd))).toEqual(['AI0001 specs', 'AI0008 metadata.name', 'AI0009 metadata.annotations["istio.io/dry-run"]']);
    expect(found(checkObject(object('Gateway', server(`${plain}, ${hosts}`), { name: 'a.b' })))).toEqual(['AI0301 metadata.name']);
  });

  test('everything wrong is said at once, in words that name place, value, rule and mend', () => {
    const findings = checkObject({ ...object('VirtualService', http('timeout: 5, retires: {}, fault: {}')), origin: { constructPath: 'dev-traffic/Reviews' } });
    expect(found(findings)).toEqual(['AI0002 spec.http[0].timeout', 'AI0001 spec.http[0].retires', 'AI0140 spec.http[0].fault']);
    expect(findings[1]).toMatchObject({
      at: 'dev-traffic/Reviews (VirtualService shop/it): spec.http[0].retires',
      value: {},
      rule: 'VirtualService of Istio 1.29 has no field `retires` there',
      mend: 'Perhaps `retries` is meant',
      see: 'https://istio.io/latest/docs/reference/config/networking/virtual-service/',
    });
  });

  test('kinds and versions that are not served; objects of others pass', () => {
    const old = { ...object('Service', '{}'), apiVersion: 'authentication.istio.io/v1alpha1', kind: 'Policy' };
    expect(checkObject(old)[0]).toMatchObject({ code: 'AI0010', mend: expect.stringContaining('PeerAuthentication') });
    expect(checkObject({ ...object('VirtualService', http('timeout: 1s')), apiVersion: 'networking.istio.io/v2' })[0]).toMatchObject({ code: 'AI0010', field: 'apiVersion' });
    expect(checkObject(object('Deployment', '{anything: goes}'))).toEqual([]);
  });

  test('each Istio version has its own schemas; others are judged by the nearest', () => {
    const extension = object('TrafficExtension', '{lua: {inlineCode: "function envoy_on_request(h) end"}}');
    expect(found(checkObject(extension, { istioVersion: '1.29' }))).toEqual(['AI0010 kind']);
    expect(checkObject(extension, { istioVersion: 'asm-1-30' })).toEqual([]);
    expect(istioApi('1.31.1')).toMatchObject({ minor: '1.31', version: '1.31.1' });
    expect(istioApi('1.31').note).toBeUndefined();
    expect(istioApi('1.44')).toMatchObject({ minor: '1.31', note: expect.stringContaining('1.44') });
    expect(istioApi('1.20').minor).toBe('1.28');
    expect(() => istioApi('latest')).toThrow('asm-1-29');
  });

  test('the schema says what Ajv says of it', () => {
    const ajv = new Ajv({ strict: false, logger: false });
    const isClosed = (schema: object): boolean =>
      'type' in schema && 'properties' in schema && !('additionalProperties' in schema) && !('x-kubernetes-preserve-unknown-fields' in schema);
    const closed = (schema: unknown): unknown =>
      Array.isArray(schema) || typeof schema !== 'object' || schema === null
        ? schema
        : Object.fromEntries([
            ...Object.entries(schema).map(([key, value]) => [key, ['oneOf', 'anyOf', 'allOf', 'not'].includes(key) ? value : closed(value)]),
            ...(isClosed(schema) ? [['additionalProperties', false]] : []),
          ]);
    const kinds = ['AuthorizationPolicy', 'Gateway', 'ServiceEntry', 'Sidecar', 'Telemetry', 'RequestAuthentication'];
    let compared = 0;
    for (const kind of kinds) {
      const { spec: schema } = istioApi().kinds[kind]!;
      const validate = ajv.compile(closed(schema) as object);
      for (const text of RULES.filter(([name]) => name === kind).flatMap(([, good, bad]) => [good, bad])) {
        const spec = parse(text) as object;
        const broken = holdAgainst(schema, spec, 'spec', CEL_RULES).filter((one) => one.kind !== 'cel');
        expect([text, broken.length === 0]).toEqual([text, validate(spec)]);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(50);
  });

  test('expressions of CEL as istiod reads them', () => {
    const good = ['a.b["c"].d > 1 ? x : !y', 'r"\\d".matches(a) in [1, 2u, .5,]', '{"a": 1,}.a', 'a.Msg{b: 1}', "'''x\ny''' + \"\\u00e9\"", 'has(a.b) // why', '[,]', '--1', 'x.map(i, i + 1)'];
    const bad = ['', 'a b', 'a =', '(a', 'a ? b', 'for == 1', "'x", "'\\q'", 'a..b', 'has(a)', 'x.all(1, true)', 'a.b(1,)', '9999999999999999999', 'a & b'];
    expect([good.filter((text) => 'why' in readCel(text)), bad.filter((text) => !('why' in readCel(text)))]).toEqual([[], []]);
    expect(readCel('request.headers["a"] == source.address && xs.exists(x, x.y)')).toEqual({ attributes: [{ root: 'request', member: 'headers' }, { root: 'source', member: 'address' }, { root: 'xs' }] });
  });

  test('durations and URLs as Go reads them', () => {
    expect(['1h30m', '.5s', '1.5ms', '0', '-1s', '1us'].map(parseDuration)).toEqual([5.4e12, 5e8, 1.5e6, 0, -1e9, 1000]);
    expect(['', '1', '1d', 's', '1 s', '5e3s', '300000000h'].map(parseDuration)).toEqual(Array(7).fill(undefined));
    expect(['https://a/b', 'oci://a', '/a', 'docker.io/a', 'http://[a', 'http://a b', ':x', 'http://a:b'].map((text) => parseRequestUri(text)?.scheme)).toEqual(['https', 'oci', '', undefined, undefined, undefined, undefined, undefined]);
    expect(stepsOf('spec.http[0].headers["x.y"].a-b')).toEqual(['spec', 'http', 0, 'headers', 'x.y', 'a-b']);
  });
});

const service = (name: string, ports = '[{port: 80, name: http}]', metadata: Partial<ModelObject['metadata']> = {}): ModelObject =>
  object('Service', `{selector: {app: ${name}}, ports: ${ports}}`, { name, ...metadata });
const pods = (name: string, labels = `app: ${name}`, extra = ''): ModelObject => object('Deployment', `{template: {metadata: {labels: {${labels}}}, spec: {${extra}}}}`, { name });
const space = (name: string, labels: Record<string, string> = { 'istio-injection': 'enabled' }): ModelObject => object('Namespace', '{}', { name, namespace: undefined, labels });
const calls = (spec: string, name = 'calls'): ModelObject => object('VirtualService', spec, { name });
const gateway = (spec = server(`${plain}, hosts: ["*"]`), metadata: Partial<ModelObject['metadata']> = {}): ModelObject => object('Gateway', spec, { name: 'g', ...metadata });
const INGRESS: MeshContext = { gateways: [{ namespace: 'istio-ingress', labels: { istio: 'ingress' }, serviceAccountName: 'ingress' }] };
const a = service('a');
const outside = `{hosts: ["*"], gateways: [g], http: [{${route}}]}`;

interface Case {
  readonly code: string;
  readonly good: readonly ModelObject[];
  readonly bad: readonly ModelObject[];
  readonly field?: string;
  readonly context?: MeshContext;
}

function annotated(one: ModelObject, name: string, value: string): ModelObject {
  return { ...one, metadata: { ...one.metadata, annotations: { [name]: value } } };
}

const pod = (spec = '{containers: [{name: a}]}'): ModelObject => object('Pod', spec, { labels: { app: 'a' } });
const secret = (name: string, namespace = 'shop'): ModelObject => object('Secret', '{}', { name, namespace });
const bound = (status: string): object => ({ conditions: [{ type: 'istio.io/WaypointBound', status, reason: 'x', message: 'y' }] });
const db = service('db', '[{port: 80, name: http, targetPort: 8080}]');
const dbPods = (annotations = '', labels = ''): ModelObject => object('StatefulSet', `{template: {metadata: {labels: {app: db, ${labels}}, annotations: {${annotations}}}, spec: {containers: [{name: a}]}}}`, { name: 'db' });
const strict = object('PeerAuthentication', '{mtls: {mode: STRICT}}');
const plainText = (members = 'tls: {mode: DISABLE}', host = 'db'): ModelObject => object('DestinationRule', `{host: ${host}, trafficPolicy: {${members}}}`, { name: host.replace(/[*.]/g, 'x') });
/** A Gateway and an HTTPRoute that go together, but for what a case adds. */
const front = (members = '', metadata: Partial<ModelObject['metadata']> = {}): ModelObject =>
  gatewayApi('Gateway', `{gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP, ${members}}]}`, { name: 'front', ...metadata });
const attached = (members = '', to = 'name: a, port: 80', metadata: Partial<ModelObject['metadata']> = {}): ModelObject =>
  gatewayApi('HTTPRoute', `{parentRefs: [{name: front}], ${members ? `${members},` : ''} rules: [{backendRefs: [{${to}}]}]}`, metadata);
const waypoint = gatewayApi('Gateway', '{gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}', { name: 'w' });
const denying = (namespaces: string): ModelObject => object('AuthorizationPolicy', `{action: DENY, rules: [{from: [{source: {notNamespaces: ${namespaces}}}]}]}`);
const allowing = (principal: string): ModelObject => object('AuthorizationPolicy', rule(`from: [{source: {principals: ["${principal}"]}}]`));
const CASES: Readonly<Record<string, Case>> = {
  'a host that nobody offers': { code: 'IST0101', field: 'spec.http[0].route[0].destination.host', good: [a, calls(http('timeout: 1s'))], bad: [service('b'), calls(http('timeout: 1s'))] },
  'a short host of another namespace': { code: 'IST0101', good: [a, calls(http('timeout: 1s'))], bad: [service('a', '[{port: 80}]', { namespace: 'other' }), calls(http('timeout: 1s'))] },
  'a port that the Service has not': { code: 'IST0101', field: 'spec.http[0].route[0].destination.port', good: [a, calls('{hosts: [a], http: [{route: [{destination: {host: a, port: {number: 80}}}]}]}')], bad: [a, calls('{hosts: [a], http: [{route: [{destination: {host: a, port: {number: 81}}}]}]}')] },
  'a subset that nobody defines': { code: 'IST0101', field: 'spec.http[0].route[0].destination.subset', good: [a, object('DestinationRule', '{host: a, subsets: [{name: v1}]}'), calls('{hosts: [a], http: [{route: [{destination: {host: a, subset: v1}}]}]}')], bad: [a, object('DestinationRule', '{host: a, subsets: [{name: v2}]}'), calls('{hosts: [a], http: [{route: [{destination: {host: a, subset: v1}}]}]}')] },
  'a gateway that is not there': { code: 'IST0101', field: 'spec.gateways[0]', good: [a, gateway(), calls(outside)], bad: [a, gateway(undefined, { namespace: 'other' }), calls(outside)] },
  'a selector without a gateway': { code: 'IST0101', field: 'spec.selector', context: INGRESS, good: [gateway()], bad: [gateway(`{selector: {istio: egress}, servers: [{${plain}, hosts: ["*"]}]}`)] },
  'a credential in the wrong namespace': {
    code: 'IST0101',
    field: 'spec.servers[0].tls.credentialName',
    context: INGRESS,
    good: [object('Secret', '{}', { name: 'tls', namespace: 'istio-ingress' }), gateway(server(`${port}, ${hosts}, tls: {mode: SIMPLE, credentialName: tls}`))],
    bad: [object('Secret', '{}', { name: 'tls' }), gateway(server(`${port}, ${hosts}, tls: {mode: SIMPLE, credentialName: tls}`))],
  },
  'a namespace that is not there': { code: 'IST0101', field: 'spec.rules[0].from[0].source.namespaces[0]', good: [space('shop'), object('AuthorizationPolicy', rule('from: [{source: {namespaces: ["sh*"]}}]'))], bad: [space('shop'), object('AuthorizationPolicy', rule('from: [{source: {namespaces: [shops]}}]'))] },
  'two VirtualServices of one host': { code: 'IST0109', good: [calls(http('timeout: 1s')), calls(`{hosts: [b], http: [{${route}}]}`, 'other')], bad: [calls(http('timeout: 1s')), calls(http('timeout: 1s'), 'other')] },
  'two Sidecars of the same pods': { code: 'IST0110', good: [pods('a'), object('Sidecar', '{workloadSelector: {labels: {app: a}}}')], bad: [pods('a'), object('Sidecar', '{workloadSelector: {labels: {app: a}}}'), object('Sidecar', '{workloadSelector: {labels: {app: a}}}', { name: 'other' })] },
  'two Sidecars of a namespace': { code: 'IST0111', good: [object('Sidecar', '{}'), object('Sidecar', '{}', { namespace: 'other' })], bad: [object('Sidecar', '{}'), object('Sidecar', '{}', { name: 'other' })] },
  'several ports and none chosen': { code: 'IST0112', good: [a, calls(http('timeout: 1s'))], bad: [service('a', '[{port: 80, name: http}, {port: 81, name: http-b}]'), calls(http('timeout: 1s'))] },
  'a port by two protocols': { code: 'IST0116', good: [pods('a'), a], bad: [pods('a'), a, object('Service', '{selector: {app: a}, ports: [{port: 80, name: u, protocol: UDP}]}', { name: 'b' })] },
  'a target port from two ports': { code: 'IST0137', good: [pods('a'), a], bad: [pods('a'), a, object('Service', '{selector: {app: a}, ports: [{port: 81, targetPort: 80, name: http}]}', { name: 'b' })] },
  'a port without a protocol': { code: 'IST0118', field: 'spec.ports[0].name', good: [a, service('b', '[{port: 1, name: x, appProtocol: kubernetes.io/h2c}]')], bad: [service('a', '[{port: 80, name: web}]')] },
  'two injection labels': { code: 'IST0123', good: [space('shop')], bad: [space('shop', { 'istio-injection': 'enabled', 'istio.io/rev': 'x' })] },
  'a namespace outside the mesh': { code: 'IST0102', good: [space('shop', { 'istio.io/rev': 'asm-1-29' })], bad: [space('shop', {})] },
  'a policy that selects nothing': { code: 'IST0127', good: [pods('a'), object('AuthorizationPolicy', '{selector: {matchLabels: {app: a}}}')], bad: [pods('a'), object('AuthorizationPolicy', '{selector: {matchLabels: {app: b}}}')] },
  'TLS to an unverified server': { code: 'IST0128', good: [object('DestinationRule', policy('tls: {mode: SIMPLE, caCertificates: system}'))], bad: [object('DestinationRule', policy('tls: {mode: SIMPLE}'))] },
  'TLS to an unverified server on a port': { code: 'IST0129', good: [object('DestinationRule', policy('portLevelSettings: [{port: {number: 443}, tls: {mode: ISTIO_MUTUAL}}]'))], bad: [object('DestinationRule', policy('portLevelSettings: [{port: {number: 443}, tls: {mode: SIMPLE}}]'))] },
  'a host that the gateway does not take': { code: 'IST0132', good: [gateway(server(`${plain}, hosts: ["*.example.com"]`)), calls('{hosts: [a.example.com], gateways: [g], http: [{redirect: {uri: /}}]}')], bad: [gateway(server(`${plain}, hosts: ["other/*.example.com"]`)), calls('{hosts: [a.example.com], gateways: [g], http: [{redirect: {uri: /}}]}')] },
  'TCP without an address': { code: 'IST0134', good: [object('ServiceEntry', entry('resolution: DNS'))], bad: [object('ServiceEntry', '{hosts: [a.com], resolution: DNS, ports: [{number: 80, name: tcp, protocol: TCP}]}')] },
  'one certificate in two gateways': { code: 'IST0138', good: [gateway(server(`${port}, ${hosts}, tls: {mode: SIMPLE, credentialName: a}`)), gateway(server(`${port}, hosts: [b.com], tls: {mode: SIMPLE, credentialName: b}`), { name: 'other' })], bad: [gateway(server(`${port}, ${hosts}, tls: {mode: SIMPLE, credentialName: a}`)), gateway(server(`${port}, hosts: [b.com], tls: {mode: SIMPLE, credentialName: a}`), { name: 'other' })] },
  'a split that the gateway does not know': {
    code: 'IST0140',
    good: [calls(outside)],
    bad: [calls(outside), calls('{hosts: [a], http: [{route: [{destination: {host: a, subset: v1}}]}]}', 'split')],
  },
  'a program that runs as the proxy': { code: 'IST0144', good: [pods('a', undefined, 'securityContext: {runAsUser: 1000}')], bad: [pods('a', undefined, 'securityContext: {runAsUser: 1337}')] },
  'two gateways on one port': { code: 'IST0145', good: [gateway(), gateway(server(`${plain}, ${hosts}`), { name: 'other' })], bad: [gateway(), gateway(undefined, { name: 'other' })] },
  'a route by claims that nobody reads': {
    code: 'IST0149',
    context: INGRESS,
    good: [gateway(), object('RequestAuthentication', '{jwtRules: [{issuer: a}]}', { namespace: 'istio-ingress' }), calls('{hosts: ["*"], gateways: [g], http: [{match: [{headers: {"@request.auth.claims.sub": {exact: a}}}], redirect: {uri: /}}]}')],
    bad: [gateway(), object('RequestAuthentication', '{jwtRules: [{issuer: a}]}'), calls('{hosts: ["*"], gateways: [g], http: [{match: [{headers: {"@request.auth.claims.sub": {exact: a}}}], redirect: {uri: /}}]}')],
  },
  'an external name without a protocol': { code: 'IST0150', good: [object('Service', '{type: ExternalName, externalName: a.com, ports: [{port: 80, name: http}]}')], bad: [object('Service', '{type: ExternalName, externalName: a.com, ports: [{port: 80, name: tcp}]}')] },
  'a patch whose order nobody sets': { code: 'IST0151', good: [object('EnvoyFilter', '{priority: 10, configPatches: [{applyTo: HTTP_FILTER, patch: {operation: INSERT_BEFORE, value: {}}}]}')], bad: [object('EnvoyFilter', patch('applyTo: HTTP_FILTER, patch: {operation: INSERT_BEFORE, value: {}}'))] },
  'such a patch for a version of the proxy': { code: 'IST0155', good: [object('EnvoyFilter', patch('applyTo: HTTP_FILTER, match: {proxy: {proxyVersion: a}}, patch: {operation: INSERT_FIRST, value: {name: a}}'))], bad: [object('EnvoyFilter', patch('applyTo: HTTP_FILTER, match: {proxy: {proxyVersion: a}}, patch: {operation: INSERT_BEFORE, value: {name: a}}')), object('EnvoyFilter', patch('applyTo: HTTP_FILTER, patch: {operation: INSERT_BEFORE, value: {name: a}}'), { name: 'other' })] },
  'logs for nobody': { code: 'IST0157', good: [object('Telemetry', '{accessLogging: [{providers: [{name: envoy}]}]}')], bad: [object('Telemetry', '{accessLogging: [{}]}')] },
  'two Telemetries of the same pods': { code: 'IST0159', good: [pods('a'), object('Telemetry', '{selector: {matchLabels: {app: a}}}')], bad: [pods('a'), object('Telemetry', '{selector: {matchLabels: {app: a}}}'), object('Telemetry', '{selector: {matchLabels: {app: a}}}', { name: 'other' })] },
  'two Telemetries of a namespace': { code: 'IST0160', good: [object('Telemetry', '{}')], bad: [object('Telemetry', '{}'), object('Telemetry', '{}', { name: 'other' })] },
  'a port that no Service of the gateway has': { code: 'IST0162', good: [pods('i', 'istio: ingress'), object('Service', '{selector: {istio: ingress}, ports: [{port: 80, targetPort: 8080}]}'), gateway(server(`port: {number: 8080, name: http, protocol: HTTP}, ${hosts}`))], bad: [pods('i', 'istio: ingress'), object('Service', '{selector: {istio: ingress}, ports: [{port: 80, targetPort: 8080}]}'), gateway(server(`port: {number: 81, name: http, protocol: HTTP}, ${hosts}`))] },
  "istiod's own gateway": { code: 'IST0165', good: [calls(outside)], bad: [calls(outside.replace('[g]', '[g~istio-autogenerated-k8s-gateway~http]'))] },
  'labels for a Gateway of the Gateway API': { code: 'IST0166', good: [pods('a'), object('AuthorizationPolicy', '{selector: {matchLabels: {app: a}}}')], bad: [pods('a', 'app: a, gateway.networking.k8s.io/gateway-name: x'), object('AuthorizationPolicy', '{selector: {matchLabels: {app: a}}}')] },
  'a Sidecar in ambient mode': { code: 'IST0167', good: [space('shop'), object('Sidecar', '{}')], bad: [space('shop', { 'istio.io/dataplane-mode': 'ambient' }), object('Sidecar', '{}')] },
  'a subset without pods': { code: 'IST0173', good: [a, pods('a', 'app: a, version: v1'), object('DestinationRule', '{host: a, subsets: [{name: v1, labels: {version: v1}}]}')], bad: [a, pods('a', 'app: a, version: v1'), object('DestinationRule', '{host: a, subsets: [{name: v2, labels: {version: v2}}]}')] },
  'a rule for an unknown host': { code: 'IST0174', good: [a, object('DestinationRule', '{host: a}')], bad: [a, object('DestinationRule', '{host: b}')] },
  'ServiceEntries that disagree': { code: 'IST0177', good: [object('ServiceEntry', entry('resolution: DNS')), object('ServiceEntry', entry('resolution: DNS'), { name: 'other' })], bad: [object('ServiceEntry', entry('resolution: DNS')), object('ServiceEntry', '{hosts: [api.example.com], ports: [{number: 443, name: http, protocol: HTTP}]}', { name: 'other' })] },
  'an annotation in the wrong place': { code: 'IST0107', good: [space('shop')], bad: [annotated(pods('a'), 'sidecar.istio.io/logLevel', 'debug')] },
  'an annotation that Istio does not know': { code: 'IST0108', good: [annotated(a, 'networking.istio.io/exportTo', '.')], bad: [annotated(a, 'networking.istio.io/exportsTo', '.')] },
  'an annotation with a value that is none': { code: 'IST0125', good: [annotated(pod(), 'traffic.sidecar.istio.io/excludeInboundPorts', '80, 81')], bad: [annotated(pod(), 'traffic.sidecar.istio.io/excludeInboundPorts', 'http')] },
  'an annotation on its way out': { code: 'IST0135', good: [pod()], bad: [annotated(pod(), 'sidecar.istio.io/inject', 'true')] },
  'a pod that runs without its proxy': { code: 'IST0103', good: [space('shop'), pod(), { ...pod('{containers: [{name: a}, {name: istio-proxy}]}'), status: {} } as ModelObject], bad: [space('shop'), { ...pod(), status: {} } as ModelObject] },
  'an image that nobody fills in': { code: 'IST0146', good: [space('shop'), pods('a', undefined, 'containers: [{name: istio-proxy, image: auto}]')], bad: [space('shop', {}), pods('a', undefined, 'containers: [{name: istio-proxy, image: auto}]')] },
  'an image that nobody fills in, of a Pod': { code: 'IST0147', good: [pod('{containers: [{name: istio-proxy, image: auto}]}')], bad: [space('shop', {}), pod('{containers: [{name: istio-proxy, image: auto}]}')] },
  'a credential that is none': {
    code: 'IST0161',
    context: INGRESS,
    good: [gateway(server(`${port}, ${hosts}, tls: {mode: SIMPLE, credentialName: c}`)), secret('c', 'istio-ingress')],
    bad: [gateway(server(`${port}, ${hosts}, tls: {mode: SIMPLE, credentialName: c}`)), { ...secret('c', 'istio-ingress'), stringData: { 'tls.crt': 'x', 'tls.key': 'y' } } as ModelObject],
  },
  'a condition that a cluster has written': { code: 'IST0171', good: [{ ...object('ServiceEntry', entry('resolution: DNS')), status: bound('True') } as ModelObject], bad: [{ ...object('ServiceEntry', entry('resolution: DNS')), status: bound('False') } as ModelObject] },
  'keys that istiod fetches from anywhere': {
    code: 'IST0175',
    good: [object('RequestAuthentication', '{}'), pods('istiod', 'app: istiod', 'containers: [{env: [{name: BLOCKED_CIDRS_IN_JWKS_URIS, value: 10.0.0.0/8}]}]')],
    bad: [object('RequestAuthentication', '{}'), pods('istiod', 'app: istiod', 'containers: [{name: discovery}]')],
  },
  'two rules for one host': { code: 'AI2002', good: [object('DestinationRule', '{host: a}'), object('DestinationRule', '{host: b}', { name: 'b' })], bad: [object('DestinationRule', '{host: a}'), object('DestinationRule', '{host: a.shop.svc.cluster.local}', { name: 'b' })] },
  'a token that nobody demands': { code: 'AI2010', good: [object('RequestAuthentication', '{jwtRules: [{issuer: a}]}'), object('AuthorizationPolicy', rule('from: [{source: {requestPrincipals: ["*"]}}]'))], bad: [object('RequestAuthentication', '{jwtRules: [{issuer: a}]}'), object('AuthorizationPolicy', rule('from: [{source: {requestPrincipals: ["*"]}}]'), { namespace: 'other' })] },
  'plain text to who takes mTLS only': {
    code: 'AI2020',
    good: [a, pods('a'), object('PeerAuthentication', '{mtls: {mode: STRICT}}', { namespace: 'istio-system' }), object('PeerAuthentication', '{selector: {matchLabels: {app: a}}, mtls: {mode: PERMISSIVE}}'), object('DestinationRule', policy('tls: {mode: DISABLE}'))],
    bad: [a, pods('a'), object('PeerAuthentication', '{mtls: {mode: STRICT}}', { namespace: 'istio-system' }), object('DestinationRule', policy('tls: {mode: DISABLE}'))],
  },
  'mTLS to who has no sidecar': { code: 'AI2021', good: [space('shop'), a, pods('a'), object('DestinationRule', policy('tls: {mode: ISTIO_MUTUAL}'))], bad: [space('shop', {}), a, pods('a'), object('DestinationRule', policy('tls: {mode: ISTIO_MUTUAL}'))] },
  'two PeerAuthentications of a namespace': { code: 'AI2022', good: [object('PeerAuthentication', '{}')], bad: [object('PeerAuthentication', '{}'), object('PeerAuthentication', '{}', { name: 'other' })] },
  'a deny by default that locks users out': {
    code: 'AI2030',
    context: INGRESS,
    good: [a, pods('a'), gateway(), calls(outside), object('AuthorizationPolicy', '{}'), object('AuthorizationPolicy', rule('from: [{source: {principals: [cluster.local/ns/istio-ingress/sa/ingress]}}]'), { name: 'in' })],
    bad: [a, pods('a'), gateway(), calls(outside), object('AuthorizationPolicy', '{}'), object('AuthorizationPolicy', rule('from: [{source: {principals: [cluster.local/ns/shop/sa/b]}}]'), { name: 'in' })],
  },
  'a timeout shorter than its retries': { code: 'AI2040', field: 'spec.http[0].timeout', good: [calls(http('timeout: 6s, retries: {attempts: 2, perTryTimeout: 2s}'))], bad: [calls(http('timeout: 5s, retries: {attempts: 3, perTryTimeout: 2s}'))] },
  'retries of a fault': { code: 'AI2041', good: [calls(http('fault: {abort: {httpStatus: 500}}'))], bad: [calls(http('fault: {abort: {httpStatus: 500}}, retries: {attempts: 3}'))] },
  'a delay that its timeout does not see': { code: 'AI2042', good: [calls(http('fault: {delay: {fixedDelay: 1s}}, timeout: 2s'))], bad: [calls(http('fault: {delay: {fixedDelay: 7s}}, timeout: 2s'))] },
  'a wildcard that sends plain text': { code: 'AI2020', good: [space('shop'), db, dbPods(), strict, plainText('tls: {mode: DISABLE}', '"*.local"'), plainText('tls: {mode: ISTIO_MUTUAL}')], bad: [space('shop'), db, dbPods(), strict, plainText('tls: {mode: DISABLE}', '"*.local"')] },
  'a port that takes mTLS only': { code: 'AI2020', good: [space('shop'), db, dbPods(), plainText()], bad: [space('shop'), db, dbPods(), plainText(), object('PeerAuthentication', '{selector: {matchLabels: {app: db}}, portLevelMtls: {"8080": {mode: STRICT}}}')] },
  'mTLS for pods that are not there': { code: 'AI2023', good: [dbPods(), strict], bad: [dbPods(), object('PeerAuthentication', '{selector: {matchLabels: {app: d}}, mtls: {mode: STRICT}}')] },
  'mTLS for a port of the Service': { code: 'AI2024', good: [db, dbPods(), object('PeerAuthentication', '{selector: {matchLabels: {app: db}}, portLevelMtls: {"8080": {mode: DISABLE}}}')], bad: [db, dbPods(), object('PeerAuthentication', '{selector: {matchLabels: {app: db}}, portLevelMtls: {"80": {mode: DISABLE}}}')] },
  'a gateway that everybody is denied': { code: 'AI2030', context: INGRESS, good: [gateway(), object('AuthorizationPolicy', '{}', { namespace: 'istio-system' }), object('AuthorizationPolicy', '{rules: [{}]}', { namespace: 'istio-ingress' })], bad: [gateway(), object('AuthorizationPolicy', '{}', { namespace: 'istio-system' })] },
  'a gateway that a DENY policy takes': { code: 'AI2030', context: INGRESS, good: [gateway(), a, pods('a'), calls(outside), denying('[shop, istio-ingress]')], bad: [gateway(), a, pods('a'), calls(outside), denying('[shop]')] },
  'a Gateway of the Gateway API that nobody lets in': { code: 'AI2030', good: [front(), a, pods('a'), attached(), allowing('cluster.local/ns/shop/sa/front-istio')], bad: [front(), a, pods('a'), attached(), allowing('cluster.local/ns/shop/sa/other')] },
  'a match for a gateway that is none of its own': { code: 'AI2044', field: 'spec.http[0].match', good: [calls(`{hosts: ["*"], gateways: [shop/g], http: [{match: [{gateways: [g]}], ${route}}]}`)], bad: [calls(`{hosts: ["*"], gateways: [g], http: [{match: [{gateways: [mesh]}], ${route}}]}`)] },
  'HTTP where TLS passes through': { code: 'AI2045', good: [gateway(server(`${port}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: a}`)), calls(outside)], bad: [gateway(server('port: {number: 443, name: tls, protocol: TLS}, hosts: ["*"], tls: {mode: PASSTHROUGH}')), calls(outside)] },
  'a delegate that is not there': { code: 'AI2046', good: [calls('{hosts: [a], http: [{delegate: {name: d}}]}'), calls(`{http: [{${route}}]}`, 'd')], bad: [calls('{hosts: [a], http: [{delegate: {name: e}}]}'), calls(`{http: [{${route}}]}`, 'd')] },
  'two routes for everything': { code: 'AI2047', good: [calls(outside), calls(outside.replace('http: [{', 'http: [{match: [{uri: {prefix: /b}}], '), 'b')], bad: [calls(outside), calls(outside, 'b')] },
  'HTTP and TCP on one port': { code: 'AI2048', good: [gateway(), gateway(server(`${plain}, ${hosts}`), { name: 'b' })], bad: [gateway(), gateway(server('port: {number: 80, name: tcp, protocol: TCP}, hosts: ["*"]'), { name: 'b' })] },
  'a waypoint that is not there': { code: 'AI2050', good: [waypoint, service('a', undefined, { labels: { 'istio.io/use-waypoint': 'w' } })], bad: [waypoint, service('a', undefined, { labels: { 'istio.io/use-waypoint': 'v' } })] },
  'a ztunnel that is asked for HTTP': { code: 'AI2051', field: 'spec.rules[0]', good: [space('shop'), object('AuthorizationPolicy', rule('to: [{operation: {methods: [GET]}}]'))], bad: [space('shop', { 'istio.io/dataplane-mode': 'ambient' }), object('AuthorizationPolicy', rule('to: [{operation: {methods: [GET]}}]'))] },
  'one of several credentials that is not there': {
    code: 'IST0101',
    field: 'spec.servers[0].tls.credentialNames[1]',
    context: INGRESS,
    good: [secret('a', 'istio-ingress'), gateway(server(`${port}, ${hosts}, tls: {mode: SIMPLE, credentialNames: [a]}`))],
    bad: [secret('a', 'istio-ingress'), gateway(server(`${port}, ${hosts}, tls: {mode: SIMPLE, credentialNames: [a, b]}`))],
  },
  'a path below an earlier prefix': { code: 'AI2043', field: 'spec.http[1]', good: [calls(`{hosts: [a], http: [{match: [{uri: {exact: /api/a}}], ${route}}, {match: [{uri: {prefix: /api}}], ${route}}]}`)], bad: [calls(`{hosts: [a], http: [{match: [{uri: {prefix: /api}}], ${route}}, {match: [{uri: {exact: /api/a}}], ${route}}]}`)] },
};

/** A code is said of the bad objects, and not of the good ones. */
function holds(code: string, good: readonly ModelObject[], bad: readonly ModelObject[], field?: string, context?: MeshContext): void {
  const fieldsOf = (objects: readonly ModelObject[]): string[] =>
    analyze(new MeshModel(objects, context))
      .filter((finding) => finding.code === code)
      .map((finding) => finding.field);
  expect(fieldsOf(good)).toEqual([]);
  const fields = fieldsOf(bad);
  expect(fields).not.toEqual([]);
  expect(fields).toContain(field ?? fields[0]);
}

/** Texts in which nothing is wrong, since what they name may be in another repository, or is made by somebody's controller. */
const shop = object('Service', '{selector: {app: shop}, ports: [{name: http, port: 80, targetPort: 8080}]}', { name: 'shop' });
const versions = object('DestinationRule', '{host: shop, subsets: [{name: v1, labels: {version: v1}}]}', { name: 'shop' });
const rollout = (kind: string, spec: string, name = 'shop'): ModelObject => ({ apiVersion: kind === 'CronJob' ? 'batch/v1' : 'argoproj.io/v1alpha1', kind, metadata: { name, namespace: 'shop' }, spec: parse(spec) as never });
const made = (kind: string, spec: string): ModelObject => ({ apiVersion: 'example.com/v1', kind, metadata: { name: 'made', namespace: 'istio-ingress' }, spec: parse(spec) as never });
const ingress = object('Deployment', '{template: {metadata: {labels: {istio: ingress}}, spec: {}}}', { name: 'ingress', namespace: 'istio-ingress' });
const shown = gateway(server(`${port}, ${hosts}, tls: {mode: SIMPLE, credentialName: tls}`), { namespace: 'istio-ingress' });
const SOUND: Readonly<Record<string, readonly ModelObject[]>> = {
  'a Gateway of another repository': [shop, calls(`{hosts: [shop.example.com], gateways: [istio-ingress/public], http: [{route: [{destination: {host: shop}}]}]}`)],
  'a Service of another namespace': [shop, calls('{hosts: [pay.example.com], http: [{route: [{destination: {host: payments.pay.svc.cluster.local, port: {number: 80}}}]}]}')],
  'a host of several clusters': [shop, calls('{hosts: [shop.shop.svc.clusterset.local], http: [{route: [{destination: {host: shop.shop.svc.clusterset.local}}]}]}')],
  'namespaces that every cluster has, and others': [space('shop'), object('AuthorizationPolicy', rule('from: [{source: {namespaces: [default, kube-system, istio-system, payments]}}]'))],
  'versions without their pods': [shop, versions, object('Deployment', '{template: {metadata: {labels: {app: curl}}, spec: {}}}', { name: 'curl', namespace: 'tools' })],
  'pods of a Rollout': [shop, versions, pods('redis'), rollout('Rollout', '{template: {metadata: {labels: {app: shop, version: v1}}, spec: {containers: [{name: a}]}}}'), object('AuthorizationPolicy', '{selector: {matchLabels: {app: shop}}}')],
  'pods of a CronJob': [pods('redis'), rollout('CronJob', '{jobTemplate: {spec: {template: {metadata: {labels: {app: nightly}}}}}}'), object('Sidecar', '{workloadSelector: {labels: {app: nightly}}, egress: [{hosts: ["./*"]}]}')],
  'pods that istiod makes': [pods('redis'), object('Telemetry', '{selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: g}}}')],
  'a Certificate': [ingress, made('Certificate', '{secretName: tls}'), secret('db', 'istio-ingress'), shown],
  'an ExternalSecret': [ingress, made('ExternalSecret', '{target: {name: tls}}'), secret('db', 'istio-ingress'), shown],
  'a SecretProviderClass': [ingress, made('SecretProviderClass', '{secretObjects: [{secretName: tls}]}'), secret('db', 'istio-ingress'), shown],
  'an encrypted Secret': [ingress, { ...secret('tls', 'istio-ingress'), stringData: { 'tls.crt': 'ENC[AES256_GCM,data:x]', 'tls.key': 'ENC[AES256_GCM,data:x]' } } as ModelObject, shown],
  'subsets of a wildcard': [shop, object('DestinationRule', '{host: "*.shop.svc.cluster.local", subsets: [{name: v1, labels: {version: v1}}]}'), calls('{hosts: [shop], http: [{route: [{destination: {host: shop, subset: v1}}]}]}')],
  'a rule for every host': [shop, object('DestinationRule', '{host: "*.local", trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}')],
  'a port with settings of its own': [space('shop'), db, dbPods(), strict, plainText('tls: {mode: DISABLE}, portLevelSettings: [{port: {number: 80}, tls: {mode: ISTIO_MUTUAL}}]')],
  'a port that the sidecar leaves alone': [space('shop'), db, dbPods('traffic.sidecar.istio.io/excludeInboundPorts: "8080"'), strict, plainText()],
  'a port that is not among those of the sidecar': [space('shop'), db, dbPods('traffic.sidecar.istio.io/includeInboundPorts: "9090"'), strict, plainText()],
  'a subset that takes plain text': [space('shop'), db, dbPods('', 'version: v1'), object('Deployment', '{template: {metadata: {labels: {app: db, version: v2, sidecar.istio.io/inject: "false"}}}}', { name: 'old' }), strict, object('DestinationRule', '{host: db, subsets: [{name: v2, labels: {version: v2}, trafficPolicy: {tls: {mode: DISABLE}}}]}')],
  'pods that ask for a proxy by revision': [space('shop', {}), db, dbPods('', 'istio.io/rev: asm-1-29'), plainText('tls: {mode: ISTIO_MUTUAL}'), object('AuthorizationPolicy', '{selector: {matchLabels: {app: db}}}')],
  'ambient mode': [space('shop', { 'istio.io/dataplane-mode': 'ambient' }), db, dbPods(), strict, plainText('tls: {mode: ISTIO_MUTUAL}'), object('AuthorizationPolicy', '{selector: {matchLabels: {app: db}}}')],
};

test.each(Object.entries(SOUND))('sound: %s', (_name, objects) => {
  expect(found(analyze(new MeshModel(objects)).filter(({ severity }) => severity !== 'info'))).toEqual([]);
});

const parentRoute = (parent: string): ModelObject => gatewayApi('HTTPRoute', `{parentRefs: [{${parent}}], rules: [{backendRefs: [{name: a, port: 80}]}]}`);
const ruled = (members: string): ModelObject => gatewayApi('HTTPRoute', `{parentRefs: [{name: front}], rules: [{${members}}]}`);
const secured = (tls: string): ModelObject => gatewayApi('Gateway', `{gatewayClassName: istio, listeners: [{name: https, port: 443, protocol: HTTPS, tls: {${tls}}}]}`, { name: 'front' });
const backendTls = (target: string, validation = 'wellKnownCACertificates: System'): ModelObject =>
  gatewayApi('BackendTLSPolicy', `{targetRefs: [{group: "", kind: Service, ${target}}], validation: {hostname: a.com, ${validation}}}`);
const grant = gatewayApi('ReferenceGrant', '{from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}, {group: gateway.networking.k8s.io, kind: Gateway, namespace: shop}], to: [{group: "", kind: Service}, {group: "", kind: Secret}]}', { namespace: 'far' });
const far = service('far', '[{port: 80, name: http}]', { namespace: 'far' });
const certificate = 'certificateRefs: [{name: cert}]';

const GATEWAY_CASES: typeof CASES = {
  'a Gateway that is not there': { code: 'AI2101', good: [front(), a, attached()], bad: [front('', { name: 'other' }), a, attached()] },
  'a Service that is not there as a parent': { code: 'AI2101', good: [a, parentRoute('group: "", kind: Service, name: a')], bad: [a, parentRoute('group: "", kind: Service, name: b')] },
  'a listener that is not there': { code: 'AI2102', field: 'spec.parentRefs[0].sectionName', good: [front(), parentRoute('name: front, sectionName: http')], bad: [front(), parentRoute('name: front, sectionName: https')] },
  'a port that no listener has': { code: 'AI2102', field: 'spec.parentRefs[0].port', good: [front(), parentRoute('name: front, port: 80')], bad: [front(), parentRoute('name: front, port: 443')] },
  'a namespace that the listener does not take': { code: 'AI2103', good: [front('allowedRoutes: {namespaces: {from: All}}', { namespace: 'edge' }), parentRoute('name: front, namespace: edge')], bad: [front('', { namespace: 'edge' }), parentRoute('name: front, namespace: edge')] },
  'a namespace without the label that is asked for': { code: 'AI2103', good: [space('shop', { public: 'yes' }), front('allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {public: "yes"}}}}'), attached()], bad: [space('shop', {}), front('allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {public: "yes"}}}}'), attached()] },
  'a kind that the listener does not take': { code: 'AI2103', good: [front('allowedRoutes: {kinds: [{kind: HTTPRoute}]}'), attached()], bad: [front('allowedRoutes: {kinds: [{kind: GRPCRoute}]}'), attached()] },
  'hosts that the listener does not have': { code: 'AI2104', field: 'spec.hostnames', good: [front('hostname: "*.example.com"'), attached('hostnames: [a.example.com]')], bad: [front('hostname: "*.example.com"'), attached('hostnames: [example.org]')] },
  'a backend that is not there': { code: 'AI2105', good: [front(), a, attached()], bad: [front(), a, attached('', 'name: b, port: 80')] },
  'a backend named by its host': { code: 'AI2105', good: [front(), attached()], bad: [front(), attached('', 'name: a.shop.svc.cluster.local, port: 80')] },
  'a backend of a kind that Istio does not know': { code: 'AI2105', field: 'spec.rules[0].backendRefs[0].kind', good: [front(), attached('', 'group: networking.istio.io, kind: Hostname, name: a.com, port: 80')], bad: [front(), attached('', 'group: example.com, kind: Bucket, name: a')] },
  'a mirror that is not there': { code: 'AI2105', good: [front(), a, ruled('filters: [{type: RequestMirror, requestMirror: {backendRef: {name: a, port: 80}}}], backendRefs: [{name: a, port: 80}]')], bad: [front(), a, ruled('filters: [{type: RequestMirror, requestMirror: {backendRef: {name: b, port: 80}}}], backendRefs: [{name: a, port: 80}]')] },
  'a backend of another namespace without leave': { code: 'AI2106', good: [front(), far, grant, attached('', 'name: far, namespace: far, port: 80')], bad: [front(), far, attached('', 'name: far, namespace: far, port: 80')] },
  'a certificate of another namespace without leave': { code: 'AI2106', good: [grant, secret('cert', 'far'), secured('certificateRefs: [{name: cert, namespace: far}]')], bad: [secret('cert', 'far'), secured('certificateRefs: [{name: cert, namespace: far}]')] },
  'a port that the backend has not': { code: 'AI2107', good: [front(), a, attached()], bad: [front(), a, attached('', 'name: a, port: 81')] },
  'a filter that Istio has not': { code: 'AI2108', good: [front(), ruled('filters: [{type: URLRewrite, urlRewrite: {hostname: b}}], backendRefs: [{name: a, port: 80}]')], bad: [front(), ruled('filters: [{type: ExtensionRef, extensionRef: {group: a, kind: B, name: c}}], backendRefs: [{name: a, port: 80}]')] },
  'sessions, which Istio leaves out': { code: 'AI2109', good: [front(), attached()], bad: [front(), ruled('sessionPersistence: {sessionName: a}, backendRefs: [{name: a, port: 80}]')] },
  'an expression that RE2 does not take': { code: 'AI0037', field: 'spec.rules[0].matches[0].path.value', good: [front(), ruled('matches: [{path: {type: RegularExpression, value: "/a.*"}}]')], bad: [front(), ruled('matches: [{path: {type: RegularExpression, value: "/(?=a)"}}]')] },
  'a protocol that Istio has no listeners for': { code: 'AI2110', good: [front()], bad: [gatewayApi('Gateway', listener('port: 53, protocol: UDP'))] },
  'a waypoint that listens for HTTP': { code: 'AI2110', good: [gatewayApi('Gateway', '{gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}')], bad: [gatewayApi('Gateway', '{gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 80, protocol: HTTP}]}')] },
  'TCP before it is out of trial': { code: 'AI2111', context: { istioVersion: '1.30' }, good: [gatewayApi('Gateway', listener('port: 443, protocol: TLS, tls: {mode: Passthrough}'))], bad: [gatewayApi('Gateway', listener('port: 5432, protocol: TCP'))] },
  'routes that a listener cannot have': { code: 'AI2112', good: [front('allowedRoutes: {kinds: [{kind: HTTPRoute}]}')], bad: [front('allowedRoutes: {kinds: [{kind: TCPRoute}]}')] },
  'weights that are all 0': { code: 'AI2113', good: [front(), attached('', 'name: a, port: 80, weight: 1')], bad: [front(), attached('', 'name: a, port: 80, weight: 0')] },
  'a certificate that is not there': { code: 'AI2114', good: [secret('cert'), secured(certificate)], bad: [secret('other'), secured(certificate)] },
  'a certificate that is none': { code: 'AI2114', good: [secret('cert'), secured(certificate)], bad: [{ ...secret('cert'), data: { 'tls.crt': 'SGVsbG8=', 'tls.key': 'SGVsbG8=' } } as ModelObject, secured(certificate)] },
  'HTTPS without a certificate': { code: 'AI2114', good: [secured(certificate)], bad: [gatewayApi('Gateway', listener('port: 443, protocol: HTTPS'))] },
  'HTTP and HTTPS on one port': { code: 'AI2115', field: 'spec.listeners[1].protocol', good: [front()], bad: [gatewayApi('Gateway', `{gatewayClassName: istio, listeners: [{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTPS, tls: {${certificate}}}]}`)] },
  'an address that Istio cannot take': { code: 'AI2116', good: [gatewayApi('Gateway', '{gatewayClassName: istio, addresses: [{value: 192.0.2.7}], listeners: [{name: a, port: 80, protocol: HTTP}]}')], bad: [gatewayApi('Gateway', '{gatewayClassName: istio, addresses: [{value: 192.0.2.7}, {value: 192.0.2.8}], listeners: [{name: a, port: 80, protocol: HTTP}]}')].map((one) => ({ ...one, spec: { ...one.spec, addresses: [{ type: 'IPAddress', value: '192.0.2.7' }, { type: 'IPAddress', value: '192.0.2.8' }] } })) },
  'a class that is not Istio’s': { code: 'AI2117', good: [front()], bad: [gatewayApi('Gateway', '{gatewayClassName: nginx, listeners: [{name: a, port: 80, protocol: HTTP}]}')] },
  'a policy for a Service that is not there': { code: 'AI2120', good: [a, backendTls('name: a')], bad: [a, backendTls('name: b')] },
  'a policy for a port that is not there': { code: 'AI2120', field: 'spec.targetRefs[0].sectionName', good: [a, backendTls('name: a, sectionName: http')], bad: [a, backendTls('name: a, sectionName: grpc')] },
  'authorities in a Secret': { code: 'AI2121', good: [backendTls('name: a', 'caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]')], bad: [backendTls('name: a', 'caCertificateRefs: [{group: "", kind: Secret, name: ca}]')] },
  'two routes for the same requests': { code: 'AI2122', good: [front(), attached('hostnames: [a.com]'), attached('hostnames: [b.com]', undefined, { name: 'b' })], bad: [front(), attached('hostnames: [a.com]'), attached('hostnames: [b.com, a.com]', undefined, { name: 'b' })] },
};

describe('the Gateway API: rules between objects', () => {
  test.each(Object.entries({
    'a Gateway and a backend of others': [gatewayApi('HTTPRoute', '{parentRefs: [{name: public, namespace: istio-ingress}], rules: [{backendRefs: [{name: shop, namespace: pay, port: 80}]}]}')],
    'a Gateway of another namespace': [front(), gatewayApi('HTTPRoute', '{parentRefs: [{name: public, namespace: istio-ingress}], rules: [{backendRefs: [{name: a, port: 80}]}]}')],
    'a certificate of cert-manager': [secret('other'), { ...secured(certificate), metadata: { name: 'front', namespace: 'shop', annotations: { 'cert-manager.io/cluster-issuer': 'le' } } }],
  }))('sound: %s', (_name, objects) => expect(found(analyze(new MeshModel(objects)).filter(({ severity }) => severity !== 'info'))).toEqual([]));

  test.each(Object.entries(GATEWAY_CASES))('%s', (_name, { code, good, bad, field, context }) => holds(code, good, bad, field, context));

  test('what belongs to somebody else is theirs to judge', () => {
    const foreign = gatewayApi('Gateway', '{gatewayClassName: nginx, listeners: [{name: a, port: 53, protocol: UDP}]}', { name: 'front' });
    const route = attached('', 'group: example.com, kind: Bucket, name: b');
    expect(analyze(new MeshModel([foreign, route])).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(analyze(new MeshModel([route])).filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('rules between objects', () => {
  test.each(Object.entries(CASES))('%s', (_name, { code, good, bad, field, context }) => holds(code, good, bad, field, context));

  test('what the input does not hold is not missed', () => {
    expect(analyze(new MeshModel([calls(outside), calls('{hosts: [a], http: [{route: [{destination: {host: a, subset: v1}}]}]}', 'b')])).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('a finding says where the right name is', () => {
    const [finding] = analyze(new MeshModel([service('a', '[{port: 80}]', { namespace: 'other' }), calls(http('timeout: 1s'))]), { whole: true });
    expect(finding).toMatchObject({ severity: 'error', value: 'a', mend: expect.stringContaining('a.other.svc.cluster.local') });
  });

  test('findings are acknowledged with a reason, by construct, object or file', () => {
    const findings = analyze(new MeshModel([{ ...object('DestinationRule', policy('tls: {mode: SIMPLE}')), origin: { constructPath: 'dev-traffic/Db/Rule' } }]));
    const sorted = new Acknowledgements().acknowledge('IST0128', 'dev-traffic/Db', 'the database is on localhost').acknowledge('IST0129', 'dev-traffic', 'none').sort(findings);
    expect(sorted.open).toEqual([]);
    expect(sorted.acknowledged).toMatchObject([{ reason: 'the database is on localhost' }]);
    expect(sorted.unused).toMatchObject([{ code: 'IST0129' }]);
    expect(new Acknowledgements().acknowledge('IST0128', 'DestinationRule shop/it: spec.trafficPolicy.tls', 'so it is').sort(findings).open).toEqual([]);
    expect(new Acknowledgements().acknowledge('IST0128', 'DestinationRule shop/it: spec.host', 'elsewhere').sort(findings).open).toHaveLength(1);
    expect(() => new Acknowledgements().acknowledge('IST0128', 'x', ' ')).toThrow('reason');
  });
});

/** kind | an object that the add-on takes | one that it does not | what is said of it */
const FLAVOR_RULES: readonly (readonly [string, ModelObject, ModelObject, string])[] = [
  ['a kind', object('ServiceEntry', entry('resolution: DNS')), object('WasmPlugin', '{url: oci://a/b}'), 'AI2201 kind'],
  ['a filter of access logs', object('Telemetry', '{accessLogging: [{providers: [{name: envoy}]}]}'), object('Telemetry', '{accessLogging: [{filter: {expression: "true"}}]}'), 'AI2201 spec.accessLogging[0].filter'],
  ['a port of its gateways', gateway(`{selector: {istio: aks-istio-ingressgateway-external}, servers: [{${plain}, hosts: [a]}]}`), gateway('{selector: {istio: aks-istio-ingressgateway-external}, servers: [{port: {number: 8080, name: a, protocol: HTTP}, hosts: [a]}]}'), 'AI2201 spec.servers[0].port.number'],
  ['the labels of its gateways', gateway(`{selector: {istio: aks-istio-ingressgateway-internal}, servers: [{${plain}, hosts: [a]}]}`), gateway(), 'AI2207 spec.selector'],
  ['ambient mode', space('shop', { 'istio.io/rev': 'asm-1-29' }), space('shop', { 'istio.io/dataplane-mode': 'ambient' }), 'AI2201 metadata.labels["istio.io/dataplane-mode"]'],
  ['ambient mode of pods', pods('a'), pods('a', 'istio.io/dataplane-mode: ambient'), 'AI2201 spec.template.metadata.labels["istio.io/dataplane-mode"]'],
  ['a waypoint', a, service('a', undefined, { labels: { 'istio.io/use-waypoint': 'w' } }), 'AI2201 metadata.labels["istio.io/use-waypoint"]'],
  ['a slip in the labels of its gateways', gateway(`{selector: {istio: aks-istio-ingressgateway-external}, servers: [{${plain}, hosts: [a]}]}`), gateway(`{selector: {istio: aks-istio-ingress-gateway-external}, servers: [{${plain}, hosts: [a]}]}`), 'AI2207 spec.selector'],
  ['the operator', object('ServiceEntry', entry('resolution: DNS')), { ...object('ServiceEntry', '{}'), kind: 'IstioOperator', apiVersion: 'install.istio.io/v1alpha1' }, 'AI2201 kind'],
  ['the label that it passes over', space('shop', { 'istio.io/rev': 'asm-1-29' }), space('shop'), 'AI2202 metadata.labels.istio-injection'],
  ['a field of MeshConfig', shared('accessLogFile: /dev/stdout'), shared('enableAutoMtls: false'), 'AI2203 data.mesh'],
  ['an annotation of its gateways', ingressService('azure-pip-name'), ingressService('azure-load-balancer-internal'), 'AI2204 metadata.annotations["service.beta.kubernetes.io/azure-load-balancer-internal"]'],
  ['its root namespace', object('AuthorizationPolicy', '{}', { namespace: 'aks-istio-system' }), object('AuthorizationPolicy', '{}', { namespace: 'istio-system' }), 'AI2208 metadata.namespace'],
];

function shared(mesh: string): ModelObject {
  const metadata = { name: 'istio-shared-configmap-asm-1-29', namespace: 'aks-istio-system' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mesh } } as ModelObject;
}

function ingressService(annotation: string): ModelObject {
  const annotations = { [`service.beta.kubernetes.io/${annotation}`]: 'true' };
  return service('aks-istio-ingressgateway-external', undefined, { namespace: 'aks-istio-ingress', annotations });
}

describe('what an installation cannot do', () => {
  test.each(FLAVOR_RULES)('the add-on: %s', (_name, good, bad, expected) => {
    expect(found(checkFlavor(good, 'addon'))).toEqual([]);
    expect(found(checkFlavor(bad, 'addon'))).toEqual([expected]);
  });

  test('the add-on says why, and what to do instead, by the table of the constructs', () => {
    expect(checkFlavor(object('WasmPlugin', '{}'), 'addon')[0]).toMatchObject({ severity: 'error', rule: expect.stringContaining(ADDON_LIMITS.WasmPlugin!.reason), mend: ADDON_LIMITS.WasmPlugin!.alternative });
    const tls = gatewayApi('TLSRoute', '{}');
    expect([found(checkFlavor(tls, 'addon', '1.29')), found(checkFlavor(tls, 'addon', 'asm-1-30'))]).toEqual([['AI2201 kind'], []]);
  });

  test('the official charts are told what is meant for the add-on', () => {
    expect(found(checkFlavor(space('shop', { 'istio.io/rev': 'asm-1-29' }), 'helm'))).toEqual(['AI2208 metadata.labels["istio.io/rev"]']);
    expect(found(checkFlavor(gateway('{selector: {istio: aks-istio-ingressgateway-external}}'), 'helm'))).toEqual(['AI2208 spec.selector']);
    expect(checkFlavor(object('WasmPlugin', '{}'), 'helm')).toEqual([]);
  });

  test('what a later Istio has is told with its version', () => {
    const keepAlive = object('DestinationRule', policy('connectionPool: {http: {http2KeepAlive: {interval: 1s, timeout: 1s}}}'));
    expect(checkObject(keepAlive, { istioVersion: '1.29' })[0]).toMatchObject({ code: 'AI0001', mend: expect.stringMatching(/from 1\.3[01] on/) });
    expect(checkObject(keepAlive, { istioVersion: '1.31' })).toEqual([]);
  });
});

describe('aks-istio check', () => {
  const text = [
    'apiVersion: v1',
    'kind: List',
    'items:',
    '- apiVersion: v1',
    '  kind: Service',
    '  metadata: {name: reviews}',
    '  spec: {ports: [{port: 9080, name: http}]}',
    '- apiVersion: networking.istio.io/v1',
    '  kind: VirtualService',
    '  metadata: {name: reviews}',
    '  spec:',
    '    hosts: [reviews]',
    '    http:',
    '    - route:',
    '      - destination: {host: review}',
    '      timeout: 5',
  ].join('\n');

  test('finds the line and the column, also in lists', () => {
    const { findings, objects, istioObjects } = checkSources([{ name: 'all.yaml', text }]);
    expect(findings.map(({ finding, file, line, column }) => [finding.code, file, line, column])).toEqual([
      ['AI0002', 'all.yaml', 16, 7],
      ['IST0101', 'all.yaml', 15, 23],
    ]);
    expect([objects, istioObjects]).toEqual([2, 1]);
  });

  test('reads as the API tools read: YAML 1.1 without its dates, addresses that end in colons', () => {
    const list = 'apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: a, annotations: {when: 2020-01-01}}\nspec: {hosts: [a.com], exportTo: [.], addresses: [001:db8::]}\n';
    const { findings } = checkSources([{ name: 'a', text: `${list}---\n# nothing\n---\n${list.replace('name: a,', 'name: a, labels: {on: yes},')}` }]);
    expect(findings.map(({ finding }) => finding.code)).toEqual(['AI0002', 'AI2003']);
    expect(found(findings.map(({ finding }) => finding))).toContain('AI0002 metadata.labels.true');
  });

  const said = (input: string, options = {}): string[] => found(checkSources([{ name: 'a', text: input }], options).findings.map(({ finding }) => finding).filter(({ severity }) => severity !== 'info'));
  const virtual = (metadata: string, spec = '{hosts: [a.com], http: [{redirect: {uri: /b}}]}'): string => `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: ${metadata}\nspec: ${spec}\n`;

  test('an empty namespace is none, and so are empty labels', () => {
    expect(said(`${virtual('{name: a, namespace: , labels: , annotations: {x: }}')}---\n${virtual('{name: b, namespace: ""}', '{hosts: [b.com], http: [{redirect: {uri: /b}}]}')}`)).toEqual([]);
  });

  test('copies of an object, as of dev/ and prod/, do not clash with each other', () => {
    const of = (ports: string, subset: string): string => [
      `apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: a}, ports: [${ports}]}\n`,
      `apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec: {host: a, subsets: [{name: ${subset}}]}\n`,
      virtual('{name: a}', `{hosts: [a], http: [{route: [{destination: {host: a, subset: ${subset}}}]}]}`),
      'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: a}\nspec: {egress: [{hosts: ["./*"]}]}\n',
    ].join('---\n');
    const [dev, prod] = [of('{port: 80, name: http}', 'v1'), of('{port: 80, name: http}, {port: 81, name: grpc}', 'v2')];
    const codes = (...texts: string[]): string[] => checkSources(texts.map((one, index) => ({ name: `${index}`, text: one }))).findings.map(({ finding, file }) => `${finding.code} ${file}`);
    expect(new Set(codes(dev, dev))).toEqual(new Set(['AI2003 1']));
    // What is wrong with one of the copies is said of that one.
    expect(codes(dev, prod)).toContain('IST0112 1');
    expect(codes(dev, prod)).not.toContain('IST0112 0');
  });

  test('many uses of an anchor are no trap, and endless ones are', () => {
    const uses = (count: number): string => `x: &x {prefix: /a}\n${virtual('{name: a}', `{hosts: [a.com], http: [{match: [${Array.from({ length: count }, (_, index) => `{uri: *x, port: ${index + 1}}`).join(', ')}], redirect: {uri: /b}}]}`)}`;
    expect(said(uses(150))).toEqual(['AI0001 x']);
    const bomb = Array.from({ length: 9 }, (_, index) => `x${index + 1}: &x${index + 1} [${Array(9).fill(`*x${index}`).join(', ')}]`).join('\n');
    expect(checkSources([{ name: 'a', text: `x0: &x0 [1]\n${bomb}\n` }]).unreadable).toMatchObject([{ why: expect.stringContaining('values') }]);
  });

  test('a wildcard without quotes is told of with its place, and the other files are checked', () => {
    const { unreadable, findings } = checkSources([{ name: 'a', text: virtual('{name: a}', '\n  hosts:\n  - *.example.com') }, { name: 'b', text: virtual('{name: b}', '{hosts: [b]}') }]);
    expect(unreadable).toMatchObject([{ file: 'a', line: 6, column: 5, why: expect.stringContaining('"*.example.com"') }]);
    expect(findings.map(({ finding }) => finding.code)).toEqual(['AI0101']);
  });

  test('shapes that no API server would take are told of, and stop nothing', () => {
    const one = (kind: string, spec: string, metadata = '{name: a}', apiVersion = VERSIONS[kind]): string => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${metadata}\nspec: ${spec}\n`;
    const text = [
      one('Gateway', `{servers: [{${plain}, hosts: ["*"]}]}`, '{generateName: a-}'),
      one('Gateway', `{servers: [{port: {number: 81, name: b, protocol: HTTP}, hosts: ["*"]}]}`, '{}'),
      one('ServiceEntry', '{hosts: [a.com], ports: {number: 443}}'),
      one('Service', '{ports: [null, {port: "80"}], selector: [a]}', '{name: a, annotations: {networking.istio.io/exportTo: 5}}'),
      one('Deployment', '{template: {metadata: {labels: [a]}, spec: {containers: {a: b}}}}'),
      one('VirtualService', '{hosts: a, gateways: [1], tls: [null]}'),
      one('HTTPRoute', '{parentRefs: [null], rules: [null]}', '{name: a}', 'gateway.networking.k8s.io/v1'),
    ].join('---\n');
    const { unreadable, findings } = checkSources([{ name: 'a', text }]);
    expect(unreadable).toEqual([]);
    const fields = found(findings.map(({ finding }) => finding));
    for (const wanted of ['AI0008 metadata.name', 'AI0002 spec.ports', 'AI0002 spec.ports[0]', 'AI0002 spec.ports[1].port', 'AI0002 spec.selector', 'AI0002 metadata.annotations["networking.istio.io/exportTo"]', 'AI0002 spec.template.spec.containers', 'AI0002 spec.gateways[0]', 'AI0002 spec.rules[0]']) {
      expect(fields).toContain(wanted);
    }
  });

  test('what does not say what it is is told of; what is no object is passed over', () => {
    const body = 'metadata: {name: a}\nspec: {}\n';
    expect(said(`kind: VirtualService\n${body}`)).toEqual(['AI0011 apiVersion']);
    expect(said(`apiVersion: networking.istio.io/v1\n${body}`)).toEqual(['AI0011 kind']);
    expect(said(`apiVersion: networking.istio.io\nkind: VirtualService\n${body}`)).toEqual(['AI0011 apiVersion']);
    expect(checkSources([{ name: 'a', text: `ApiVersion: v1\nkind: Service\n${body}` }]).findings[0]!.finding.mend).toContain('`ApiVersion`');
    expect(said('replicas: 1\n---\napiVersion: v2\nname: chart\n')).toEqual([]);
    expect(said(`${virtual('{name: a}')}---\n\uFEFF${virtual('{name: b}', '{}')}`)).toEqual(['AI0101 spec']);
    expect(checkSources([{ name: 'a', text: 'a\0b' }]).unreadable).toMatchObject([{ why: expect.stringContaining('UTF-8') }]);
    expect(checkSources([{ name: 'values.yaml', text: 'a: 1' }]).notes).toEqual([expect.stringContaining('values.yaml')]);
    expect(checkSources([{ name: 'stdin', text: '---\n', from: 'stdin' }]).unreadable).toHaveLength(1);
  });

  test('rules of later versions', () => {
    const redirect = virtual('{name: a}', '{hosts: [a.com], http: [{match: [{uri: {prefix: /a}}], redirect: {prefixRewrite: /b}}]}');
    expect([said(redirect, { istioVersion: '1.29' }), said(redirect, { istioVersion: '1.31' })]).toEqual([['AI0001 spec.http[0].redirect.prefixRewrite'], []]);
    expect(said(redirect.replace('prefixRewrite', 'uri: /c, prefixRewrite'), { istioVersion: '1.31' })).toEqual(['AI0133 spec.http[0].redirect.prefixRewrite']);
    const later = (one: ModelObject): string[] => found(checkObject(one, { istioVersion: '1.31' }));
    expect(later(object('DestinationRule', policy('loadBalancer: {zoneAwareLbSetting: {enabled: true}, localityLbSetting: {enabled: true}}')))).toEqual(['AI0220 spec.trafficPolicy.loadBalancer.zoneAwareLbSetting']);
    expect(later(object('DestinationRule', policy('connectionPool: {http: {http2KeepAlive: {interval: 10s}}}')))).toEqual(['AI0221 spec.trafficPolicy.connectionPool.http.http2KeepAlive']);
    const without = object('Sidecar', '{egress: [{hosts: ["*/*", "~foo/*"]}]}');
    expect([later(without), found(checkObject(without, { istioVersion: '1.29' }))]).toEqual([[], expect.arrayContaining(['AI0602 spec.egress[0].hosts[1]'])]);
  });

  test('a number for a duration gets its unit', () => {
    expect(checkObject(object('VirtualService', http('timeout: 10')))[0]!.mend).toContain('10s');
  });

  test('for a kind of installation', () => {
    const plugin = { name: 'a', text: 'apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: a}\nspec: {url: oci://a/b}\n' };
    const codes = (flavor?: 'addon' | 'helm'): string[] => checkSources([plugin], { flavor }).findings.map(({ finding }) => finding.code);
    expect([codes(), codes('helm'), codes('addon')]).toEqual([[], [], ['AI2201']]);
  });

  test('unreadable input, folders and JSON', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'check-'));
    fs.writeFileSync(path.join(folder, 'a.yaml'), text);
    fs.writeFileSync(path.join(folder, 'b.json'), '{"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"name": "g"}, "spec": {}}');
    fs.writeFileSync(path.join(folder, 'c.txt'), 'not read');
    // A link that leads nowhere, one to what is read already, and one to a folder: the rest of the folder is read.
    fs.symlinkSync('gone', path.join(folder, 'aa.yaml'));
    fs.symlinkSync('a.yaml', path.join(folder, 'ab.yaml'));
    const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'check-'));
    expect(readSources([elsewhere], () => '').unreadable).toMatchObject([{ file: elsewhere }]);
    fs.writeFileSync(path.join(elsewhere, 'd.yaml'), 'a: 1');
    fs.symlinkSync(elsewhere, path.join(folder, 'linked'));
    const { sources, unreadable } = readSources([folder, path.join(folder, 'none.yaml')], () => '');
    expect(sources.map(({ name }) => path.basename(name))).toEqual(['a.yaml', 'b.json', 'd.yaml']);
    expect(unreadable.map(({ file }) => path.basename(file))).toEqual(['aa.yaml', 'none.yaml']);
    expect(checkSources([{ name: 'x', text: 'a: 1\na: 2\n' }]).unreadable).toMatchObject([{ file: 'x', line: 2, column: 1 }]);
    const json = JSON.parse(toJson(checkSources(sources), [])) as { findings: { code: string; object: { kind: string } }[] };
    expect(json.findings.find(({ code }) => code === 'AI0302')).toMatchObject({ severity: 'error', object: { kind: 'Gateway', name: 'g' }, field: 'spec.servers' });
    fs.rmSync(folder, { recursive: true });
    fs.rmSync(elsewhere, { recursive: true });
  });

  test('exit codes: 0 fine, 1 findings, 2 unreadable', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'check-'));
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const run = async (input: string, ...options: string[]): Promise<number> => {
      let code = -1;
      const file = path.join(folder, 'input.yaml');
      fs.writeFileSync(file, input);
      const command = checkCommand(async (action) => void (code = await action(new AbortController().signal)));
      await command.parseAsync([file, ...options], { from: 'user' });
      return code;
    };
    const warned = text.replace('timeout: 5', 'timeout: 5s').replace('host: review}', 'host: reviews}').replace('- route:', '- retries: {attempts: 3, perTryTimeout: 3s}\n      route:');
    try {
      expect([await run(text, '--flavor', 'addon'), await run(warned), await run(warned, '--fail-on', 'warning'), await run('a: [')]).toEqual([1, 0, 1, 2]);
      // Errors of the program itself are told from those of the input, also to programs.
      jest.spyOn(process.stderr, 'write').mockReturnValueOnce(true);
      const broken = jest.spyOn(JSON, 'stringify').mockImplementationOnce(() => { throw new Error('boom'); });
      expect(await run(warned, '--json')).toBe(2);
      broken.mockRestore();
      expect(JSON.parse(String(write.mock.calls.at(-1)![0]))).toMatchObject({ unreadable: [{ why: expect.stringContaining('boom') }] });
    } finally {
      write.mockRestore();
      fs.rmSync(folder, { recursive: true });
    }
  });

  test('standard input, in a process of its own', () => {
    const program = "require('tsx/cjs'); require('./cli/commands/check').checkCommand().parseAsync(process.argv.slice(1), { from: 'user' })";
    const { status, stdout } = spawnSync(process.execPath, ['-e', program, '--', '-'], { cwd: path.join(__dirname, '../..'), input: text, encoding: 'utf8' });
    expect([status, stdout.split('  ')[0]]).toEqual([1, 'stdin:16:7']);
  });
});
