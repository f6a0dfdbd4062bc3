// Stand-in for Bookinfo's reviews service, written for aks-istio.
//
// Upstream's reviews is a Java program on Open Liberty. This one offers the same API (GET /health, GET /reviews/<number>),
// the same versions (SERVICE_VERSION v1: no stars, v2: black, v3: red, by ENABLE_RATINGS and STAR_COLOR), passes the same
// headers on, waits as long for ratings (10 s with black stars, 2.5 s with any other colour) and says the same when ratings fails.
// It does not offer Liberty's other pages and headers.
'use strict';

const http = require('node:http');
const os = require('node:os');
const { clearTimeout, setTimeout } = require('node:timers');

const env = process.env;
const ratingsEnabled = (env.ENABLE_RATINGS || '').toLowerCase() === 'true';
const color = env.STAR_COLOR || 'black';
const domain = env.SERVICES_DOMAIN ? `.${env.SERVICES_DOMAIN}` : '';
const ratingsHost = `${env.RATINGS_HOSTNAME || 'ratings'}${domain}`;
// Kubernetes sets RATINGS_SERVICE_PORT by itself in pods of the same namespace.
const ratingsPort = Number(env.RATINGS_SERVICE_PORT || 9080);
const timeout = color === 'black' ? 10000 : 2500;

const passedOn = [
  'x-request-id', 'x-ot-span-context', 'x-datadog-trace-id', 'x-datadog-parent-id', 'x-datadog-sampling-priority',
  'traceparent', 'tracestate', 'x-cloud-trace-context', 'grpc-trace-bin', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid',
  'x-b3-sampled', 'x-b3-flags', 'sw8', 'end-user', 'user-agent', 'cookie', 'authorization', 'jwt',
];

/** Asks ratings; answers its numbers by reviewer, or null for whatever goes wrong. */
function fetchRatings(product, incoming) {
  return new Promise((resolve) => {
    const fail = (reason) => {
      console.error(`Error: unable to contact http://${ratingsHost}:${ratingsPort}/ratings: ${reason}`);
      resolve(null);
    };
    const headers = { accept: 'application/json' };
    for (const name of passedOn) if (incoming[name] !== undefined) headers[name] = incoming[name];
    const request = http.get({ host: ratingsHost, port: ratingsPort, path: `/ratings/${product}`, headers, timeout }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => { body += chunk; });
      response.on('error', (error) => fail(error.message));
      response.on('end', () => {
        if (response.statusCode !== 200) return fail(`status ${response.statusCode}`);
        try {
          resolve(JSON.parse(body).ratings || {});
        } catch (error) {
          fail(error.message);
        }
      });
    });
    const total = setTimeout(() => request.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
    request.on('close', () => clearTimeout(total));
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeout} ms`)));
    request.on('error', (error) => fail(error.message));
  });
}

function review(reviewer, text, ratings) {
  if (!ratingsEnabled) return { reviewer, text };
  const stars = ratings === null ? undefined : ratings[reviewer];
  const rating = stars === undefined ? { error: 'Ratings service is currently unavailable' } : { stars, color };
  return { reviewer, text, rating };
}

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

const server = http.createServer(async (request, response) => {
  const path = new URL(request.url, 'http://reviews').pathname;
  if (path === '/health') return answer(response, 200, { status: 'Reviews is healthy' });
  const product = /^\/reviews\/(-?\d+)$/.exec(path);
  if (product === null || request.method !== 'GET') return answer(response, product ? 405 : 404, { error: 'not found' });
  const ratings = ratingsEnabled ? await fetchRatings(Number(product[1]), request.headers) : null;
  answer(response, 200, {
    id: String(Number(product[1])),
    podname: env.HOSTNAME || os.hostname(),
    clustername: env.CLUSTER_NAME || 'null',
    reviews: [
      review('Reviewer1', 'An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!', ratings),
      review('Reviewer2', 'Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays by Shakespeare.', ratings),
    ],
  });
});

server.keepAliveTimeout = 65000;
server.listen(Number(process.argv[2] || 9080));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
