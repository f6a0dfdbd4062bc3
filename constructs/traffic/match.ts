import { Token } from 'cdktf';
import type { StringMatch } from '../istio/generated/common';
import type { VirtualServiceHttpMatch } from '../istio/generated/virtual-service';
import { refuse } from '../istio/refuse';
import type { IWorkload } from '../kubernetes/service';
import { Problem, throwOnProblems } from '../validation';
import { checkRegex } from '../validation/istio/rules/common';
import { CookieCondition, cookieCondition, cookieHeader, cookieProblems, literal } from './cookie';

/** How a text is compared. */
export interface TextMatch {
  /** The whole text is this one, in the same case. */
  exact(value: string): Match;
  /** The text begins with this one. */
  prefix(value: string): Match;
  /** Matches by an expression of RE2, which has to match the whole text. @param value RE2 expression that the whole text must match */
  regex(value: string): Match;
}

/** How a header is compared. */
export interface HeaderMatch extends TextMatch {
  /** The request has the header, whatever it says. */
  present(): Match;
  /** The request lacks the header. */
  absent(): Match;
  /** The header is missing, or has another value. */
  not(value: string): Match;
}

/** A gateway as a match names it. */
export interface NamedGateway {
  /** Name of the object. */
  readonly name: string;
  /** Namespace of the object. */
  readonly namespace: string;
}

/** By this prefix istiod compares a claim of the token, not a header. */
const CLAIMS = '@request.auth.claims';
const METHOD = /^[A-Z0-9][-_A-Z0-9]*$/;
const CLAIMS_PAGE = 'https://istio.io/latest/docs/tasks/security/authentication/jwt-route/';

/**
 * What a request must look like for a route to apply. Conditions joined by {@link Match.and} must all hold; of several matches
 * given to a route, one suffices.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest
 */
export class Match {
  /** Matches by a header of the request. @param name header name; Envoy compares it in lower case */
  static header(name: string): HeaderMatch {
    // A name with an at sign is none of HTTP: istiod reads it as it is written.
    const key = name.startsWith('@') || Token.isUnresolved(name) ? name : name.toLowerCase();
    return {
      ...text('Match.header', (header) => ({ headers: { [key]: header } })),
      present: () => new Match({ headers: { [key]: {} } }),
      absent: () => new Match({ withoutHeaders: { [key]: {} } }),
      not: (value) => new Match({ withoutHeaders: { [key]: { exact: filled('Match.header', value) } } }),
    };
  }

  /**
   * A claim of the request's token, or one of the list that it holds. Holds at gateways only, where a RequestAuthentication has verified the token.
   * @param path name of the claim, in its own case; of a claim within claims, the names from the outermost on
   * @throws ProblemError where there is no name, or one that istiod would read as several
   * @see https://istio.io/latest/docs/tasks/security/authentication/jwt-route/
   */
  static claim(...path: readonly string[]): TextMatch & Pick<HeaderMatch, 'not'> {
    const bad = path.length === 0 ? [''] : path.filter((name) => name === '' || name.includes(']['));
    throwOnProblems(
      'Not a claim:',
      bad.map((value) => ({ at: 'Match.claim', value, rule: 'a claim has a name, without `][`', mend: 'Give the names of nested claims one by one', see: CLAIMS_PAGE })),
    );
    const key = `${CLAIMS}[${path.join('][')}]`;
    return {
      ...text('Match.claim', (claim) => ({ headers: { [key]: claim } })),
      not: (value) => new Match({ withoutHeaders: { [key]: { exact: filled('Match.claim', value) } } }),
    };
  }

  /** A cookie of the request, wherever it stands among the others. */
  static cookie(name: string): Pick<TextMatch, 'exact' | 'regex'> & { present(): Match } {
    const one = (value: string): Match => new Match({}, [cookieCondition(name, value)]);
    return {
      exact: (value) => one(literal(value)),
      regex: (value) => one(`(${checkedRegex('Match.cookie', value)})`),
      present: () => one('[^;]*'),
    };
  }

  /** The path, without its query. */
  static path(): TextMatch & { ignoringCase(): Pick<TextMatch, 'exact' | 'prefix'> } {
    return {
      ...text('Match.path', (uri) => ({ uri })),
      ignoringCase: () => text('Match.path', (uri) => ({ uri, ignoreUriCase: true })),
    };
  }

  /**
   * Matches by the method of the request.
   * @param names HTTP methods of which one must be the request's
   * @throws ProblemError where there is none, or one is not in upper case, as no request has it
   */
  static method(...names: readonly string[]): Match {
    const bad = names.length === 0 ? [''] : names.filter((name) => !Token.isUnresolved(name) && !METHOD.test(name));
    throwOnProblems(
      'Not a method:',
      bad.map((value) => ({ at: 'Match.method', value, rule: 'HTTP methods are in upper case', mend: METHOD.test(value.toUpperCase()) ? `Write ${value.toUpperCase()}` : 'Name one, such as GET' })),
    );
    return new Match({ method: names.length === 1 ? { exact: names[0] } : { regex: names.join('|') } });
  }

  /** A parameter of the query, such as `debug` of `/cart?debug=1`. */
  static queryParam(name: string): Pick<TextMatch, 'exact' | 'regex'> & { present(): Match } {
    return {
      ...text('Match.queryParam', (value) => ({ queryParams: { [name]: value } })),
      present: () => new Match({ queryParams: { [name]: {} } }),
    };
  }

  /** The host that the client asked for. */
  static authority(): TextMatch {
    return text('Match.authority', (authority) => ({ authority }));
  }

  /** Whether the client speaks TLS. */
  static scheme(name: 'http' | 'https'): Match {
    return new Match({ scheme: { exact: name } });
  }

  /** The port that the client connects to. */
  static port(number: number): Match {
    return new Match({ port: number });
  }

  /** Requests of these pods. Holds inside the mesh only. */
  static from(workload: Pick<IWorkload, 'labels' | 'namespace'>): Match {
    return new Match({ sourceLabels: workload.labels, sourceNamespace: workload.namespace });
  }

  /**
   * Requests that come through one of these gateways.
   * @param gateways by construct, by name as `namespace/name`, or `mesh` for the sidecars
   * @throws ProblemError where there is none
   */
  static gateway(...gateways: readonly (NamedGateway | string)[]): Match {
    throwOnProblems(
      'Not a match:',
      gateways.length > 0 ? [] : [{ at: 'Match.gateway', value: gateways, rule: 'requests come through some gateway', mend: 'Name one, or `mesh` for the sidecars' }],
    );
    return new Match({ gateways: gateways.map((gateway) => (typeof gateway === 'string' ? gateway : `${gateway.namespace}/${gateway.name}`)) });
  }

  /** A condition in Istio's own words. */
  static raw(spec: VirtualServiceHttpMatch): Match {
    return new Match(spec);
  }

  private constructor(
    private readonly spec: VirtualServiceHttpMatch,
    private readonly cookies: readonly CookieCondition[] = [],
  ) {}

  /**
   * Both conditions.
   * @throws ProblemError where both ask for the same thing, or one of both would be ignored
   */
  and(other: Match): Match {
    const cookies = [...this.cookies, ...other.cookies];
    const merged: Record<string, unknown> = { ...this.spec };
    const problems: Problem[] = cookies.length > 1 ? cookieProblems(cookies) : [];
    for (const [key, value] of Object.entries(other.spec)) {
      const mine = merged[key];
      const maps = isMap(key, mine) && isMap(key, value);
      const clashes = maps ? Object.keys(value).filter((name) => name in mine) : mine === undefined ? [] : [''];
      problems.push(...clashes.map((name) => clash(name ? `${key}.${name}` : key, [maps ? mine[name] : mine, maps ? value[name] : value])));
      merged[key] = maps ? { ...mine, ...value } : value;
    }
    const spec = merged as VirtualServiceHttpMatch;
    if (cookies.length > 0 && spec.headers?.cookie) {
      problems.push(clash('headers.cookie', [spec.headers.cookie, cookies.map(({ name }) => name)]));
    }
    if (spec.gateways && (spec.sourceLabels ?? spec.sourceNamespace)) {
      problems.push({
        at: 'match.gateways',
        value: spec.gateways,
        rule: 'Istio asks nothing of the pods that call where gateways are named',
        mend: 'Leave Match.gateway out: Match.from holds for sidecars alone',
      });
    }
    throwOnProblems('Conditions that exclude each other:', problems);
    return new Match(spec, cookies);
  }

  /** Whether it holds for the same requests, in whatever order its conditions were joined. */
  equals(other: Match): boolean {
    return canonical(this.toSpec()) === canonical(other.toSpec());
  }

  /** In Istio's own words. */
  toSpec(): VirtualServiceHttpMatch {
    return this.cookies.length === 0 ? this.spec : { ...this.spec, headers: { ...this.spec.headers, cookie: { regex: cookieHeader(this.cookies) } } };
  }
}

function clash(field: string, value: unknown): Problem {
  return {
    at: `match.${field}`,
    value,
    rule: 'a match states each condition once',
    mend: 'Give the route two matches where either may hold, or one regex where both must',
  };
}

function isMap(key: string, value: unknown): value is Record<string, unknown> {
  return ['headers', 'withoutHeaders', 'queryParams', 'sourceLabels'].includes(key) && typeof value === 'object' && value !== null;
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}

function text(at: string, build: (value: StringMatch) => VirtualServiceHttpMatch): TextMatch {
  return {
    exact: (value) => Match.raw(build({ exact: filled(at, value) })),
    prefix: (value) => Match.raw(build({ prefix: filled(at, value) })),
    regex: (value) => Match.raw(build({ regex: checkedRegex(at, value) })),
  };
}

function checkedRegex(at: string, value: string): string {
  refuse('Not a match:', at, (report) => checkRegex(report, '', filled(at, value)));
  return value;
}

/** An empty text would silently mean that the header need only be there. */
function filled(at: string, value: string): string {
  throwOnProblems(
    'Not a match:',
    value === '' ? [{ at, value, rule: 'an empty text matches nothing of its own', mend: 'Use present() or absent(), or give the text' }] : [],
  );
  return value;
}
