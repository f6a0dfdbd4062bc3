/**
 * The same program three times, with the standard libraries of what Bookinfo's containers have: it reads calls and bounds as JSON from its first
 * argument, sends them, and prints each answer as a line of JSON.
 */

/** For productpage and the pod outside the mesh. A thread keeps its connection: proxies balance requests, not connections. */
export const PYTHON_SCRIPT = `
import base64, concurrent.futures, http.client, json, ssl, sys, threading, time, urllib.parse
spec = json.loads(sys.argv[1])
until = time.monotonic() + spec['budgetSeconds']
local = threading.local()
def connect(url):
    if url.scheme == 'https':
        trusting = ssl._create_unverified_context()
        return http.client.HTTPSConnection(url.hostname, url.port or 443, timeout=spec['timeoutSeconds'], context=trusting)
    return http.client.HTTPConnection(url.hostname, url.port or 80, timeout=spec['timeoutSeconds'])
def send(index):
    call = spec['calls'][index]
    if time.monotonic() > until:
        return None
    url = urllib.parse.urlsplit(call['url'])
    kept = local.__dict__.setdefault('connections', {})
    begin = time.monotonic()
    try:
        connection = kept.get(url.netloc)
        if connection is None:
            connection = kept[url.netloc] = connect(url)
        connection.request(call.get('method') or 'GET', (url.path or '/') + ('?' + url.query if url.query else ''), headers=call.get('headers') or {})
        certificate = connection.sock.getpeercert(True) if url.scheme == 'https' and connection.sock else None
        response = connection.getresponse()
        body = response.read().decode('utf-8', 'replace')
        answer = {'status': response.status, 'body': body[:4000]}
        if call.get('details'):
            answer['headers'] = {name.lower(): value for name, value in response.getheaders()}
            answer['certificate'] = base64.b64encode(certificate).decode() if certificate else None
        if response.will_close:
            kept.pop(url.netloc).close()
    except Exception as error:
        broken = kept.pop(url.netloc, None)
        if broken:
            broken.close()
        answer = {'error': type(error).__name__ + ': ' + str(error)}
    return dict(answer, call=index, seconds=round(time.monotonic() - begin, 4))
work = [index for index, call in enumerate(spec['calls']) for _ in range(call.get('count') or 1)]
with concurrent.futures.ThreadPoolExecutor(min(len(work), spec['concurrency'])) as pool:
    for answer in pool.map(send, work):
        if answer:
            print(json.dumps(answer), flush=True)
`;

/** For ratings: one request after the other, each on a connection of its own. */
export const NODE_SCRIPT = `
const spec = JSON.parse(process.argv[1]);
const until = Date.now() + spec.budgetSeconds * 1000;
const work = spec.calls.flatMap((call, index) => Array.from({ length: call.count || 1 }, () => index));
const next = () => {
  const index = work.shift();
  if (index === undefined || Date.now() > until) { return; }
  const call = spec.calls[index];
  const begin = Date.now();
  const done = (answer) => {
    console.log(JSON.stringify({ ...answer, call: index, seconds: (Date.now() - begin) / 1000 }));
    next();
  };
  const client = require(call.url.startsWith('https:') ? 'https' : 'http');
  const limits = { timeout: spec.timeoutSeconds * 1000, agent: false, rejectUnauthorized: false };
  let certificate = null;
  const request = client.request(call.url, { ...limits, method: call.method || 'GET', headers: call.headers || {} }, (response) => {
    let body = '';
    response.on('data', (chunk) => { body += chunk; });
    response.on('error', (error) => done({ error: (error.code || error.name) + ': ' + error.message }));
    response.on('end', () => done({
      status: response.statusCode, body: body.slice(0, 4000), ...(call.details && { headers: response.headers, certificate }),
    }));
  });
  request.on('socket', (socket) => socket.on('secureConnect', () => { certificate = socket.getPeerCertificate().raw.toString('base64'); }));
  request.on('error', (error) => done({ error: (error.code || error.name) + ': ' + error.message }));
  request.on('timeout', () => request.destroy(new Error('no answer within ' + spec.timeoutSeconds + ' s')));
  request.end();
};
next();
`;

/** For details: one request after the other, each on a connection of its own. */
export const RUBY_SCRIPT = `
require 'json'
require 'net/http'
require 'openssl'
spec = JSON.parse(ARGV[0])
clock = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }
stop = clock.call + spec['budgetSeconds']
spec['calls'].each_with_index do |call, index|
  (call['count'] || 1).times do
    break if clock.call > stop
    start = clock.call
    begin
      uri = URI(call['url'])
      http = Net::HTTP.new(uri.host, uri.port)
      http.open_timeout = http.read_timeout = spec['timeoutSeconds']
      http.max_retries = 0
      if uri.scheme == 'https'
        http.use_ssl = true
        http.verify_mode = OpenSSL::SSL::VERIFY_NONE
      end
      verb = call['method'] || 'GET'
      request = Net::HTTPGenericRequest.new(verb, false, verb != 'HEAD', uri.request_uri, call['headers'] || {})
      http.start do |connection|
        response = connection.request(request)
        answer = { status: response.code.to_i, body: (response.body || '').dup.force_encoding('UTF-8').scrub[0, 4000] }
        if call['details']
          answer[:headers] = response.each_header.to_h
          answer[:certificate] = connection.peer_cert && [connection.peer_cert.to_der].pack('m0')
        end
        puts JSON.generate(answer.merge(call: index, seconds: (clock.call - start).round(4)))
      end
    rescue StandardError => error
      puts JSON.generate(error: error.class.name + ': ' + error.message, call: index, seconds: (clock.call - start).round(4))
    end
    STDOUT.flush
  end
end
`;
