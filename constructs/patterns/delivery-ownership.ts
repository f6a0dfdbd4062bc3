import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import type { Construct, IConstruct } from 'constructs';
import { IService, serviceHost } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { DestinationRule } from '../traffic/destination-rule';
import { qualifiedHost } from '../traffic/host';
import { VirtualService } from '../traffic/virtual-service';
import type { Problem } from '../validation';

/** Names, beside the service's own, under which Flagger makes a Service. */
const SUFFIXES = ['', '-primary', '-canary'];

/** What Flagger makes for a delivery and this program writes too: it would be changed back and forth. */
export function ownershipProblems(delivery: Construct, service: IService, mesh: IMesh | undefined): Problem[] {
  const host = serviceHost(service, mesh?.clusterDomain);
  const objects = delivery.node.root.node.findAll();
  const routes = objects.filter((child): child is VirtualService => isRouteOf(child, host, mesh));
  const routed = [...DestinationRule.forHost(delivery, host), ...routes];
  const services = objects.filter((child): child is ServiceV1 => child instanceof ServiceV1 && isServiceOf(child, service, mesh));
  return [
    ...routed.map((object) => ({
      at: object.node.path,
      value: `${object.kind} ${object.namespace}/${object.name}`,
      rule: `Flagger owns the routes of ${host} by ${delivery.node.path}`,
      mend: `Leave the ${object.kind} out; describe the Service with existingService, not by a MeshService`,
    })),
    ...services.map((object) => ({
      at: object.node.path,
      value: `Service ${service.namespace}/${object.metadata.nameInput}`,
      rule: `Flagger makes this Service by ${delivery.node.path}`,
      mend: 'Leave the Service out; describe it with existingService',
    })),
  ];
}

function isRouteOf(child: IConstruct, host: string, mesh: IMesh | undefined): boolean {
  if (!(child instanceof VirtualService)) {
    return false;
  }
  const { hosts = [], gateways } = child.spec;
  const domain = mesh?.clusterDomain ?? 'cluster.local';
  return (!gateways || gateways.includes('mesh')) && hosts.some((name) => qualifiedHost(name, child.namespace, domain) === host);
}

function isServiceOf(child: ServiceV1, service: IService, mesh: IMesh | undefined): boolean {
  const { nameInput, namespaceInput } = child.metadata;
  const own = meshOf(child);
  // Of another mesh is in another cluster.
  return namespaceInput === service.namespace && SUFFIXES.some((suffix) => nameInput === `${service.name}${suffix}`) && (!own || !mesh || own === mesh);
}
