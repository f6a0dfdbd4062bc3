import { grpcAuthorizer, httpAuthorizer } from './authorizers';
import type { ExtensionProvider } from './scenario';
import { tracer } from './tracing';

/**
 * Entries for MeshConfig's `extensionProviders`, for the scenarios that ask an authoriser or trace: their services are Bookinfo's neighbours.
 * Nobody asks them until a policy or a Telemetry of a scenario says so, so that switching to one changes nothing of the mesh.
 * @param namespace Bookinfo's, as the environment's `bookinfo.namespace` says
 */
export function scenarioProviders(namespace = 'bookinfo'): ExtensionProvider[] {
  return [grpcAuthorizer, httpAuthorizer, tracer].map((provider) => provider(namespace));
}
