/** Where the scenario on tracing has its collector, and what is asked there. */
export const COLLECTOR = { name: 'httpbin', port: 8000 } as const;

/**
 * A tracer: an entry for MeshConfig's `extensionProviders`. It sends spans to a service of the scenario, which takes them and keeps none:
 * what is proved is the decision that a request carries on. Nobody traces until a Telemetry names it.
 */
export const TRACER = {
  name: 'demo-tracing',
  opentelemetry: { service: `${COLLECTOR.name}.bookinfo.svc.cluster.local`, port: COLLECTOR.port, http: { path: '/status/200', timeout: '5s' } },
} as const;
