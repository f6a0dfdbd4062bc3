// The outside world of the local node: what answers for hosts on the internet, as the machine's own network is out of reach of pods.
//
// It runs beside Kubernetes, not in it, on an address that no Service, pod or node has. It says what it was asked, and how: by HTTP or by HTTPS.
// As www.googleapis.com it knows the one book that Bookinfo's details v2 asks Google Books for, in the shape of that API.
//
//   node server.js ADDRESS CERTIFICATE KEY
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');

const [address, certificate, key] = process.argv.slice(2);

const VOLUME = {
  kind: 'books#volume',
  volumeInfo: {
    title: 'The Comedy of Errors',
    authors: ['William Shakespeare'],
    publisher: 'Dover Publications',
    publishedDate: '2002',
    industryIdentifiers: [
      { type: 'ISBN_10', identifier: '0486424618' },
      { type: 'ISBN_13', identifier: '9780486424613' },
    ],
    pageCount: 64,
    printType: 'BOOK',
    language: 'en',
  },
};

function volumes(query) {
  const items = query.get('q') === 'isbn:0486424618' ? [VOLUME] : [];
  return { kind: 'books#volumes', totalItems: items.length, items };
}

function answer(scheme, request) {
  const host = (request.headers.host || '').replace(/:\d+$/, '');
  const url = new URL(request.url, `${scheme}://outside`);
  if (host === 'www.googleapis.com') {
    return url.pathname === '/books/v1/volumes' ? [200, volumes(url.searchParams)] : [404, { error: { code: 404, message: 'Not Found' } }];
  }
  return [200, { host, scheme, method: request.method, path: request.url, servedBy: 'the outside world of the local node' }];
}

function handler(scheme) {
  return (request, response) => {
    const [status, body] = answer(scheme, request);
    console.log(`${new Date().toISOString()} ${request.socket.remoteAddress} ${scheme} ${request.headers.host} ${request.method} ${request.url} ${status}`);
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  };
}

http.createServer(handler('http')).listen(80, address);
https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, handler('https')).listen(443, address);
