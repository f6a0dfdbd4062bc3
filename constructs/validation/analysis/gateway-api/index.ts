import type { Scope } from '../scope';
import { analyzeBackends } from './backends';
import { analyzeFilters } from './filters';
import { analyzeListeners } from './listeners';
import { analyzeParents } from './parents';
import { analyzePolicies } from './policies';
import { GatewayObjects } from './routes';
import { analyzeShadowed } from './shadowed';

/**
 * What istiod would say of the objects of the Gateway API in the status of each, as far as it can be known without a cluster; and more.
 * An error is a condition `Accepted`, `ResolvedRefs` or `Programmed` that is false.
 */
export function analyzeGatewayApi(scope: Scope): void {
  const objects = new GatewayObjects(scope);
  analyzeListeners(objects);
  analyzeParents(objects);
  analyzeBackends(objects);
  analyzeFilters(objects);
  analyzePolicies(objects);
  analyzeShadowed(objects);
}
