import type { MeshModel } from '../mesh-model';
import { serverMode } from '../simulate/hop-security';
import type { PolicyTarget } from '../simulate/policy-scope';
import { isInjected } from '../simulate/proxy';
import { Registry, RegistryService } from '../simulate/registry';
import type { ServiceNode } from './topology';

/** The pods of a service as policies select them. */
export function targetOf(model: MeshModel, service: RegistryService): PolicyTarget {
  const workload = Registry.of(model).endpoints(service)?.[0];
  return { namespace: service.namespace, labels: workload?.labels ?? service.selector ?? {} };
}

/** The mode in which a service's pods take connections; `none` without sidecars. */
export function mtlsOf(model: MeshModel, service: RegistryService): ServiceNode['mtls'] {
  const workload = Registry.of(model).endpoints(service)?.[0];
  if (workload && !isInjected(model, workload)) {
    return 'none';
  }
  const port = service.ports[0]?.target;
  return serverMode(model, targetOf(model, service), Number(port ?? 0)).mode;
}
