import { MeshModel } from '../../model/mesh-model';
import { groupOf, ModelObject } from '../../model/object';
import type { Finding, Severity } from '../istio/finding';
import { analyzeAmbient } from './ambient';
import { analyzeAnnotations } from './annotations';
import { analyzeDestinationRules } from './destination-rules';
import { analyzeFilters } from './filters';
import { analyzeGateways } from './gateways';
import { analyzeLockout } from './lockout';
import { analyzeMeshHosts } from './mesh-hosts';
import { analyzeMtls } from './mtls';
import { analyzeOverlaps } from './overlaps';
import { analyzePods } from './pods';
import { analyzePolicies } from './policies';
import { analyzeRoutes } from './routes';
import { Scope } from './scope';
import { analyzeServiceEntries } from './service-entries';
import { analyzeTiming } from './timing';
import { analyzeTokens } from './tokens';
import { analyzeUnreached } from './unreached';
import { analyzeWorkloads } from './workloads';

export interface AnalyzeOptions {
  /**
   * The objects are all that there is, so that whatever they name and do not hold is missing. Otherwise they may be a part of a cluster: only
   * what is missing beside others of its kind in a namespace is called so.
   * @default false
   */
  readonly whole?: boolean;
  /**
   * Told of an analysis that stumbles over an object of a shape that no CRD would admit, and of that object where it is alone to blame; the
   * others go on.
   * @default the error is thrown
   */
  readonly onStumble?: (error: Error, analysis: string, object?: ModelObject) => void;
}

const GATEWAY_API = 'gateway.networking.k8s.io';
// Most meshes have none of its objects.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const gatewayApi = () => require('./gateway-api') as typeof import('./gateway-api');

const ANALYSES: readonly ((scope: Scope) => void)[] = [
  analyzeRoutes,
  analyzeMeshHosts,
  analyzeGateways,
  analyzeDestinationRules,
  analyzeMtls,
  analyzePolicies,
  analyzeTokens,
  analyzeLockout,
  analyzeTiming,
  analyzeUnreached,
  analyzeAmbient,
  analyzeOverlaps,
  analyzeServiceEntries,
  analyzeFilters,
  analyzeWorkloads,
  analyzePods,
  analyzeAnnotations,
  function analyzeGatewayApi(scope) {
    if (scope.model.objects.some((object) => groupOf(object) === GATEWAY_API)) {
      gatewayApi().analyzeGatewayApi(scope);
    }
  },
];
const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/**
 * What is wrong between the objects of a mesh: what `istioctl analyze` says, under Istio's own codes, as far as it can be known without a
 * cluster; and more.
 * What the model does not hold is not missed: of a namespace without any Service in it, no host is called unknown.
 * @see https://istio.io/latest/docs/reference/config/analysis/
 */
export function analyze(model: MeshModel, options: AnalyzeOptions = {}): Finding[] {
  const scope = new Scope(model, options.whole);
  ANALYSES.forEach((analysis) => run(analysis, scope, options));
  return bySeverity(scope.findings);
}

/** Runs an analysis; again without each object that makes it stumble. */
function run(analysis: (scope: Scope) => void, scope: Scope, options: AnalyzeOptions): void {
  const before = scope.findings.length;
  try {
    analysis(scope);
  } catch (error) {
    if (!options.onStumble) {
      throw error;
    }
    const { model } = scope;
    const culprit = model.objects.find((object) => stumbles(analysis, object, model));
    options.onStumble(error as Error, analysis.name, culprit);
    scope.findings.splice(before);
    if (culprit) {
      const rest = new Scope(new MeshModel(model.objects.filter((object) => object !== culprit), model.context), options.whole);
      run(analysis, rest, options);
      scope.findings.push(...rest.findings);
    }
  }
}

/** Whether an object by itself is enough to make an analysis stumble. */
function stumbles(analysis: (scope: Scope) => void, object: ModelObject, { context }: MeshModel): boolean {
  try {
    analysis(new Scope(new MeshModel([object], context)));
    return false;
  } catch {
    return true;
  }
}

/** Errors first; otherwise in the order in which they were found. */
export function bySeverity(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
}
