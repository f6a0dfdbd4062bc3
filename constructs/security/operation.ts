import { Tokenization } from 'cdktf';
import type { AuthorizationPolicyRulesToOperation } from '../istio/generated/authorization-policy';
import { isUnknown } from '../istio/unknown';
import type { Problem } from '../validation';
import { nearest } from '../validation/istio/nearest';

/** What a request may be: all that it says holds at once, each list by one of its values. */
export interface Operation extends Omit<AuthorizationPolicyRulesToOperation, 'ports' | 'notPorts'> {
  /** Host names that clients ask for, capitals aside; `*.example.com` and `www.*` stand for an end and a beginning. @default every one */
  readonly hosts?: readonly string[];
  /** Host names that it is not. @default none */
  readonly notHosts?: readonly string[];
  /** HTTP methods, in capitals; gRPC's is POST. @default every one */
  readonly methods?: readonly string[];
  /** HTTP methods that it is not. @default none */
  readonly notMethods?: readonly string[];
  /**
   * Paths without their query: whole, `/x/*` for a beginning, `*.html` for an end, or templates, where `{*}` is a segment and `{**}` the rest;
   * of gRPC `/package.Service/Method`.
   * @default every one
   * @see https://istio.io/latest/docs/reference/config/security/authorization-policy/#Operation
   */
  readonly paths?: readonly string[];
  /** Paths that it is not. @default none */
  readonly notPaths?: readonly string[];
  /** Ports that the pods listen on, 1 to 65535, which need not be the Service's. @default every one */
  readonly ports?: readonly number[];
  /** Ports that it is not. @default none */
  readonly notPorts?: readonly number[];
}

const SEE = 'https://istio.io/latest/docs/reference/config/security/authorization-policy/#Operation';
const METHOD = /^[A-Z][A-Z0-9_-]*$/;
/** What a slip of the keys is meant to be; no method of another standard is one letter from these. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];

/**
 * Values that no request could have, so that a policy of them would not refuse what it is written to refuse.
 * @param at place of the operation
 */
export function operationProblems(operation: Operation, at: string): Problem[] {
  const of = (name: 'hosts' | 'methods' | 'paths', whyNot: (value: string) => Pick<Problem, 'rule' | 'mend'> | undefined): Problem[] =>
    ([name, `not${name[0]!.toUpperCase()}${name.slice(1)}`] as (keyof Operation)[]).flatMap((list) =>
      ((operation[list] ?? []) as readonly string[]).flatMap((value, index) => {
        // An empty value is refused with the object.
        const why = isUnknown(value) || value === '' || value === '*' ? undefined : whyNot(value) ?? wildcardWithin(value, name);
        return why ? [{ at: `${at}.${list}[${index}]`, value, ...why, see: SEE }] : [];
      }),
    );
  return [...of('methods', whyNoMethod), ...of('paths', whyNoPath), ...of('hosts', () => undefined), ...portProblems(operation, at)];
}

/** An operation in Istio's own words. */
export function renderOperation({ ports, notPorts, ...operation }: Operation): AuthorizationPolicyRulesToOperation {
  return { ...operation, ports: ports?.map(portText), notPorts: notPorts?.map(portText) };
}

/** A port as text, also one that is known only when it is applied. */
export function portText(port: number): string {
  return Tokenization.stringifyNumber(port);
}

function whyNoMethod(method: string): Pick<Problem, 'rule' | 'mend'> | undefined {
  const name = method.replace(/^\*|\*$/g, '');
  if (name === '' || name.includes('*')) {
    return undefined;
  }
  if (!METHOD.test(name)) {
    const upper = name.toUpperCase();
    const mend = METHOD.test(upper) ? `Write ${method.replace(name, upper)}` : 'Write such as GET; gRPC calls have the method POST';
    return { rule: 'no request has this method: methods are told apart by case, and are in capitals', mend };
  }
  const meant = method === name && !METHODS.includes(name) ? nearest(name, METHODS, 1) : undefined;
  return meant === undefined ? undefined : { rule: 'there is no such HTTP method', mend: `Write ${meant}, or say it in \`spec\` where an application has a method of this name` };
}

function whyNoPath(path: string): Pick<Problem, 'rule' | 'mend'> | undefined {
  if (/[?#]/.test(path)) {
    return { rule: 'paths are compared without their query', mend: 'Drop what follows the path' };
  }
  return /^[/*]/.test(path) ? undefined : { rule: 'no request has this path: paths begin with a slash', mend: `Write /${path}${path.includes('*') ? '' : `, or *${path} for whatever ends so`}` };
}

function wildcardWithin(value: string, name: string): Pick<Problem, 'rule' | 'mend'> | undefined {
  const isTemplate = name === 'paths' && /\{\*{1,2}\}/.test(value);
  if (isTemplate || !(value.startsWith('*') ? value.slice(1) : value.slice(0, -1)).includes('*')) {
    return undefined;
  }
  const mend = name === 'paths' ? 'Write {*} for a segment and {**} for the rest, such as /users/{*}/reviews' : 'Write one at the beginning or at the end';
  return { rule: 'a `*` stands for something at one end alone: elsewhere it is meant as it is', mend };
}

function portProblems(operation: Operation, at: string): Problem[] {
  return (['ports', 'notPorts'] as const).flatMap((list) =>
    (operation[list] ?? []).flatMap((value, index) =>
      isUnknown(value) || (Number.isInteger(value) && value >= 1 && value <= 65535)
        ? []
        : [{ at: `${at}.${list}[${index}]`, value, rule: 'a port is a whole number from 1 to 65535', mend: 'Give the port that the pods listen on', see: SEE }],
    ),
  );
}
