import type { MeshModel } from '../../model/mesh-model';
import type { Finding, Severity } from '../istio/finding';
import { analyzeDestinationRules } from './destination-rules';
import { analyzeFilters } from './filters';
import { analyzeGateways } from './gateways';
import { analyzeLockout } from './lockout';
import { analyzeMeshHosts } from './mesh-hosts';
import { analyzeMtls } from './mtls';
import { analyzeOverlaps } from './overlaps';
import { analyzePolicies } from './policies';
import { analyzeRoutes } from './routes';
import { Scope } from './scope';
import { analyzeServiceEntries } from './service-entries';
import { analyzeTiming } from './timing';
import { analyzeTokens } from './tokens';
import { analyzeWorkloads } from './workloads';

export interface AnalyzeOptions {
  /**
   * Told of an analysis that stumbles over an object of a shape that no CRD would admit; the others go on.
   * @default the error is thrown
   */
  readonly onStumble?: (error: Error) => void;
}

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
  analyzeOverlaps,
  analyzeServiceEntries,
  analyzeFilters,
  analyzeWorkloads,
];
const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/**
 * What is wrong between the objects of a mesh: what `istioctl analyze` says, under Istio's own codes, as far as it can be known without a
 * cluster; and more.
 * What the model does not hold is not missed: without any Service in it, no host is called unknown.
 * @see https://istio.io/latest/docs/reference/config/analysis/
 */
export function analyze(model: MeshModel, options: AnalyzeOptions = {}): Finding[] {
  const scope = new Scope(model);
  for (const analysis of ANALYSES) {
    try {
      analysis(scope);
    } catch (error) {
      if (!options.onStumble) {
        throw error;
      }
      options.onStumble(error as Error);
    }
  }
  return bySeverity(scope.findings);
}

/** Errors first; otherwise in the order in which they were found. */
export function bySeverity(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
}
