import type { ExtensionProvider } from './scenario';

/** Where the scenario on tracing has its collector, and the path that takes spans. */
export const COLLECTOR = { name: 'httpbin', port: 8000, spans: '/status/200' } as const;

/** Name by which MeshConfig knows the collector. */
export const TRACER = 'demo-tracing';

/**
 * A tracer: an entry for MeshConfig's `extensionProviders`. It sends spans to a service of the scenario, which takes them and keeps none:
 * what is proved is the decision that a request carries on. Nobody traces until a Telemetry names it.
 */
export function tracer(namespace: string): ExtensionProvider {
  const { name, port, spans } = COLLECTOR;
  return { name: TRACER, opentelemetry: { service: `${name}.${namespace}.svc.cluster.local`, port, http: { path: spans, timeout: '5s' } } };
}
