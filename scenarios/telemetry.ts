import type { BookinfoTraffic } from '../constructs/bookinfo';
import { existingService, RestrictedWorkload } from '../constructs/kubernetes';
import { meshOf } from '../constructs/mesh';
import { Telemetry } from '../constructs/observability';
import { AuthorizationPolicy } from '../constructs/security';
import { pinToV1 } from './routing';
import type { Scenario } from './scenario';
import { COLLECTOR, TRACER, tracer } from './tracing';

/** Requests of which one is traced, in percent. */
const SAMPLED = 20;

export const accessLogErrors: Scenario = {
  name: 'access-log-errors',
  title: 'Logs of what went wrong',
  summary: 'Proxies log requests that were answered with an error, and no others.',
  apply(traffic) {
    const { productpage, details, reviews, ratings, namespace } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    new Telemetry(traffic, 'Errors', { name: 'errors', namespace }).logRequests({ filter: 'response.code >= 400' });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'log', from: 'productpage', host: 'details', logged: { path: '/details/none', status: 400 }, passedOver: { path: '/details/0', status: 200 } },
  ],
};

export const traceSampling: Scenario = {
  name: 'trace-sampling',
  title: 'One trace in five',
  summary: `The proxy of who asks first decides that ${SAMPLED} % of the requests are traced; those that follow from one carry its decision on.`,
  needs: { extensionProviders: [tracer] },
  apply(traffic) {
    const { productpage, details, reviews, ratings, namespace } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    addCollector(traffic);
    new Telemetry(traffic, 'Traces', { name: 'traces', namespace }).traceRequests(SAMPLED, { providers: [TRACER] });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'sampling', from: 'productpage', host: COLLECTOR.name, port: COLLECTOR.port, path: '/headers', percent: SAMPLED },
  ],
};

export const metricTags: Scenario = {
  name: 'metric-tags',
  title: 'A tag of our own',
  summary: 'Requests are counted by the host that was asked for, in the tag `request_host` of `istio_requests_total`, and without the tag for flags.',
  apply(traffic) {
    const { productpage, details, reviews, ratings, namespace } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    // Proxies without Istio's metrics refuse a configuration that tags them.
    if (!meshOf(traffic)?.unsupported('IstioMetrics')) {
      new Telemetry(traffic, 'Tags', { name: 'tags', namespace })
        .tagMetrics('request_host', 'request.host', { metric: 'REQUEST_COUNT' })
        .dropTag('response_flags', { metric: 'REQUEST_COUNT' });
    }
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    {
      kind: 'metric',
      from: 'productpage',
      host: 'details',
      path: '/details/0',
      metric: 'istio_requests_total',
      tags: { request_host: 'details:9080', response_flags: null },
      needs: ['IstioMetrics'],
    },
  ],
};

/** A service that says which headers it was asked with, and takes spans. @see https://github.com/mccutchen/go-httpbin */
function addCollector(traffic: BookinfoTraffic): void {
  const { namespace, productpage } = traffic;
  const { name, port } = COLLECTOR;
  const service = existingService({ name, namespace, ports: [{ name: 'http', port, targetPort: 8080 }], serviceAccountName: name });
  const collector = new RestrictedWorkload(traffic, 'Collector', { service, image: 'docker.io/mccutchen/go-httpbin:2.25.0', user: 65532, readyPath: '/status/200' });
  new AuthorizationPolicy(collector, 'Callers', {
    name: `${name}-callers`,
    namespace,
    target: service,
    rules: [
      { from: [productpage], to: [{ methods: ['GET'], paths: ['/headers'] }] },
      // Every proxy sends its spans, as the pod that it stands before.
      { from: [{ namespaces: [namespace] }], to: [{ methods: ['POST'], paths: [COLLECTOR.spans] }] },
    ],
  });
}
