import { groupOf, ModelObject, namespaceOf } from '../../model/object';
import { celWords } from './cel-words';
import { Finding, Report } from './finding';
import { CEL_RULES } from './generated/cel-rules';
import { checkMetadata } from './metadata';
import { successorOf } from './old-kinds';
import { checkAuthorizationPolicy } from './rules/authorization-policy';
import { checkDestinationRule } from './rules/destination-rule';
import { checkEnvoyFilter } from './rules/envoy-filter';
import { checkGateway } from './rules/gateway';
import { checkPeerAuthentication } from './rules/peer-authentication';
import { checkProxyConfig } from './rules/proxy-config';
import { checkRequestAuthentication } from './rules/request-authentication';
import { checkServiceEntry } from './rules/service-entry';
import { checkSidecar } from './rules/sidecar';
import { checkTelemetry } from './rules/telemetry';
import { checkUnreachableRoutes } from './rules/unreachable-routes';
import { checkVirtualService } from './rules/virtual-service';
import { checkWasmPlugin } from './rules/wasm-plugin';
import { checkWorkloadEntry, checkWorkloadGroup } from './rules/workload';
import { IstioApi, istioApi, laterThan } from './schema';
import { Broken, holdAgainst } from './structural';
import { reportBroken, see } from './structural-words';
import { withoutMisfits } from './well-typed';

export interface CheckOptions {
  /** Istio version whose API the object is meant for: `1.29`, `1.29.1`, `asm-1-29`. @default the version that this package installs */
  readonly istioVersion?: string;
  /** Release of the Gateway API in the cluster, such as `1.4.0`. @default the one that the Istio version is built with */
  readonly gatewayApiVersion?: string;
}

type Check = (spec: never, report: Report, namespace: string, minor: string) => void;

const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  AuthorizationPolicy: [checkAuthorizationPolicy],
  DestinationRule: [checkDestinationRule],
  EnvoyFilter: [checkEnvoyFilter],
  Gateway: [checkGateway],
  PeerAuthentication: [checkPeerAuthentication],
  ProxyConfig: [checkProxyConfig],
  RequestAuthentication: [checkRequestAuthentication],
  ServiceEntry: [checkServiceEntry],
  Sidecar: [checkSidecar],
  Telemetry: [checkTelemetry],
  VirtualService: [checkVirtualService, checkUnreachableRoutes],
  TrafficExtension: [checkWasmPlugin],
  WasmPlugin: [checkWasmPlugin],
  WorkloadEntry: [checkWorkloadEntry],
  WorkloadGroup: [checkWorkloadGroup],
};
/** Read by istioctl and never sent to the API server. */
const NOT_SERVED = 'install.istio.io';
const GATEWAY_API = 'gateway.networking.k8s.io';
// Its schemas are large, and most meshes have none of its objects.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const gatewayApi = () => require('../gateway-api/check-object') as typeof import('../gateway-api/check-object');

/**
 * Everything that the API server and istiod's admission would say of an object of Istio's API or the Gateway API, all at once: its schema in
 * the chosen Istio version, the CEL rules in it, and istiod's own rules. Objects of other APIs pass unseen.
 * @see https://istio.io/latest/docs/reference/config/
 */
export function checkObject(object: ModelObject, options: CheckOptions = {}): Finding[] {
  const group = groupOf(object);
  if (group === GATEWAY_API) {
    return gatewayApi().checkGatewayObject(object, options);
  }
  if (!isIstio(group)) {
    return [];
  }
  const report = new Report(object);
  const api = istioApi(options.istioVersion);
  const schema = api.kinds[object.kind];
  const version = object.apiVersion.slice(group.length + 1);
  if (schema?.group !== group || !schema.versions.includes(version)) {
    report.error('AI0010', schema?.group === group ? 'apiVersion' : 'kind', {
      value: `${object.apiVersion} ${object.kind}`,
      rule: `Istio ${api.minor} does not serve this ${schema?.group === group ? 'version' : 'kind'}`,
      mend: successorOf(group, object.kind) ?? kindLater(object, group, version, api) ?? (schema ? `Write apiVersion ${schema.group}/${schema.versions[0]}` : `Write one of ${Object.keys(api.kinds).join(', ')}`),
    });
    return report.findings;
  }
  checkMetadata(report);
  if (object.spec === undefined) {
    if (schema.specRequired) {
      report.error('AI0004', 'spec', { rule: '`spec` is required there', mend: 'Give `spec`' });
      return report.findings;
    }
  } else {
    const broken = holdAgainst(schema.spec, object.spec, 'spec', CEL_RULES);
    reportBroken(report, { name: `Istio ${api.minor}`, see: see(group, object.kind), words: celWords, since: (one) => laterOf(object, api, one) }, broken);
  }
  const misfits = report.findings.filter(({ code }) => code === 'AI0002' || code === 'AI0004');
  const spec = withoutMisfits(object.spec ?? {}, misfits);
  const own = new Report(object);
  for (const check of CHECKS[object.kind] ?? []) {
    try {
      check(spec as never, own, namespaceOf(object), api.minor);
    } catch (error) {
      // Rules count on what the schema requires; where that is missing, the schema has said so already.
      if (misfits.length === 0) {
        throw error;
      }
    }
  }
  // What the schema says of a field is not said again by istiod's rules.
  const said = new Set(report.findings.map(({ field }) => field));
  return [...report.findings, ...own.findings.filter(({ field }) => !said.has(field))];
}

/** Says from which version of Istio on a kind, in one of its versions, is served. */
function kindLater(object: ModelObject, group: string, version: string, api: IstioApi): string | undefined {
  const later = laterThan(api).find(({ kinds }) => kinds[object.kind]?.group === group && kinds[object.kind]!.versions.includes(version));
  return later && `Istio serves it from ${later.minor} on`;
}

/** Says from which version of Istio on a field or a value is there. */
function laterOf(object: ModelObject, api: IstioApi, broken: Broken): string | undefined {
  const later = laterThan(api).find(({ kinds }) => {
    const schema = kinds[object.kind]?.spec;
    return schema && !holdAgainst(schema, object.spec, 'spec', CEL_RULES).some(({ kind, field }) => kind === broken.kind && field === broken.field);
  });
  return later && `Istio has it from ${later.minor} on: leave it out, or use a newer Istio`;
}

/** Whether an API group is one of Istio's, of today or of its first years. */
function isIstio(group: string): boolean {
  return group.endsWith('.istio.io') && group !== NOT_SERVED;
}
