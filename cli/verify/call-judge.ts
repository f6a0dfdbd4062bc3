import { X509Certificate } from 'node:crypto';
import type { AnswerCount, CallExpectation } from '../../scenarios';
import { describeAnswer, MeshAnswer } from './mesh-call';
import type { Outcome } from './result';

/** Requests of a call that names no number. */
export const COUNT = 3;
/** Seconds that an answer may take where the call names none. */
export const SECONDS = 5;

/** Failures that say: somebody closed the connection. By Python, Node and Ruby; a connection that nobody took proves nothing. */
const CLOSED = new RegExp(
  `^(${[
    ...['ConnectionResetError', 'RemoteDisconnected', 'BrokenPipeError', 'ConnectionAbortedError', 'BadStatusLine', 'SSLEOFError', 'SSLError', 'SSLZeroReturnError'],
    ...['ECONNRESET', 'EPIPE', 'EPROTO', 'Errno::ECONNRESET', 'Errno::EPIPE', 'EOFError', 'OpenSSL::SSL::SSLError'],
  ].join('|')}):`,
);

/** Judges answers to requests that are the same: how many of each kind there are, and what those say that were to be good. */
export function judgeCall(expectation: CallExpectation, answers: readonly MeshAnswer[]): Outcome {
  const { count = COUNT } = expectation;
  const counts = new Map<string, number>();
  answers.forEach((answer) => counts.set(kindOf(answer), (counts.get(kindOf(answer)) ?? 0) + 1));
  const wanted = countsOf(expectation);
  const strange = answers.find((answer) => !(kindOf(answer) in wanted));
  const fits = Object.entries(wanted).every(([kind, bounds]) => {
    const seen = counts.get(kind) ?? 0;
    return seen >= (bounds.min ?? 0) && seen <= (bounds.max ?? Infinity);
  });
  const good = goodKind(expectation);
  const flaw = answers.filter((answer) => kindOf(answer) === good).map((answer) => flawOf(expectation, answer)).find((found) => found !== undefined);
  const shown = [...counts].map(([kind, seen]) => `${seen} x ${kind}`);
  const observation = answers.length < count ? `only ${answers.length} of ${count} requests were answered: ${shown.join(', ')}` : shown.join(', ');
  const fine = answers.length === count && count > 0 && !strange && fits && flaw === undefined;
  return {
    verdict: fine ? 'pass' : 'fail',
    observation: `${observation || 'no answer'}${flaw === undefined ? (!fine && strange?.body ? ` (${describeAnswer(strange)})` : '') : `, ${flaw}`}`,
  };
}

/** What an answer counts as: its status, `refused`, or the failure itself, which nobody expects. */
function kindOf({ status, error = 'no answer' }: MeshAnswer): string {
  return status !== undefined ? String(status) : CLOSED.test(error) ? 'refused' : error;
}

function countsOf({ result, count = COUNT }: CallExpectation): Readonly<Record<string, AnswerCount>> {
  if (typeof result !== 'object') {
    return { [result]: { min: count, max: count } };
  }
  return Object.fromEntries(Object.entries(result).map(([kind, many]) => [kind, typeof many === 'number' ? { min: many, max: many } : (many ?? {})]));
}

/** Which answers the promises about content are for. */
function goodKind({ result }: CallExpectation): string {
  return typeof result === 'object' ? '200' : String(result);
}

function flawOf(expectation: CallExpectation, { body = '', headers = {}, seconds, certificate }: MeshAnswer): string | undefined {
  const { contains, answerHeaders = {}, withinSeconds = SECONDS, certificateFor } = expectation;
  if (contains !== undefined && !body.includes(contains)) {
    return `without ${contains}`;
  }
  const header = Object.entries(answerHeaders).find(([name, value]) => (headers[name] ?? null) !== value);
  if (header) {
    return `${header[0]}: ${headers[header[0]] ?? 'none'}`;
  }
  if (seconds > withinSeconds) {
    return `after ${seconds.toFixed(1)} s`;
  }
  if (certificateFor !== undefined) {
    const names = certificate ? new X509Certificate(Buffer.from(certificate, 'base64')) : undefined;
    return names?.checkHost(certificateFor) === undefined ? `certificate for ${names?.subjectAltName ?? 'nobody'}` : undefined;
  }
  return undefined;
}

/** Whether some of the requests are to be refused: what a change just took away would still pass for a moment. */
export function isRefusal({ result }: CallExpectation): boolean {
  const kinds = typeof result === 'object' ? Object.keys(result) : [String(result)];
  return kinds.some((kind) => ['401', '403', '429', 'refused'].includes(kind));
}

/** What a call expects, in words. */
export function describeExpected(expectation: CallExpectation): string {
  const { result, contains, answerHeaders = {}, withinSeconds, certificateFor } = expectation;
  return [
    typeof result === 'object' ? Object.entries(result).map(([kind, bounds]) => `${describeCount(bounds)} x ${kind}`).join(', ') : String(result),
    ...(contains === undefined ? [] : [`with ${contains}`]),
    ...Object.entries(answerHeaders).map(([name, value]) => (value === null ? `no header ${name}` : `${name}: ${value}`)),
    ...(withinSeconds === undefined ? [] : [`within ${withinSeconds} s`]),
    ...(certificateFor === undefined ? [] : [`certificate for ${certificateFor}`]),
  ].join('; ');
}

function describeCount(bounds: number | AnswerCount = {}): string {
  if (typeof bounds === 'number') {
    return String(bounds);
  }
  const { min, max } = bounds;
  if (min === undefined) {
    return max === undefined ? 'any' : `at most ${max}`;
  }
  return max === undefined ? `at least ${min}` : `${min} to ${max}`;
}
