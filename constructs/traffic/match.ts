import type { StringMatch } from '../istio/generated/common';
import type { VirtualServiceHttpMatch } from '../istio/generated/virtual-service';
import type { IWorkload } from '../kubernetes/service';
import { Problem, throwOnProblems } from '../validation';
import { checkRegex } from '../validation/istio/rules/common';
import { refuse } from '../istio/refuse';

/** How a text is compared. */
export interface TextMatch {
  exact(value: string): Match;
  prefix(value: string): Match;
  /** @param value RE2 expression that the whole text must match */
  regex(value: string): Match;
}

/** How a header is compared. */
export interface HeaderMatch extends TextMatch {
  present(): Match;
  absent(): Match;
  /** The header is missing, or has another value. */
  not(value: string): Match;
}

/** Characters that mean something in a regular expression. */
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/**
 * What a request must look like for a route to apply. Conditions joined by {@link Match.and} must all hold; of several matches
 * given to a route, one suffices.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest
 */
export class Match {
  /** @param name header name; Envoy compares it in lower case */
  static header(name: string): HeaderMatch {
    const key = name.toLowerCase();
    return {
      ...text('Match.header', (header) => ({ headers: { [key]: header } })),
      present: () => new Match({ headers: { [key]: {} } }),
      absent: () => new Match({ withoutHeaders: { [key]: {} } }),
      not: (value) => new Match({ withoutHeaders: { [key]: { exact: value } } }),
    };
  }

  /** A cookie of the request, wherever it stands among the others. */
  static cookie(name: string): Pick<TextMatch, 'exact' | 'regex'> & { present(): Match } {
    const one = (value: string): Match => Match.header('cookie').regex(`^(.*;\\s*)?${name.replace(SPECIAL, '\\$&')}=${value}(;.*)?$`);
    return {
      exact: (value) => one(value.replace(SPECIAL, '\\$&')),
      regex: (value) => one(`(${value})`),
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

  /** @param names HTTP methods of which one must be the request's */
  static method(...names: readonly string[]): Match {
    return new Match({ method: names.length === 1 ? { exact: names[0] } : { regex: names.join('|') } });
  }

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

  /** A condition in Istio's own words. */
  static raw(spec: VirtualServiceHttpMatch): Match {
    return new Match(spec);
  }

  private constructor(private readonly spec: VirtualServiceHttpMatch) {}

  /**
   * Both conditions.
   * @throws ProblemError where both ask for the same thing
   */
  and(other: Match): Match {
    const problems: Problem[] = [];
    const merged: Record<string, unknown> = { ...this.spec };
    for (const [key, value] of Object.entries(other.spec)) {
      const mine = merged[key];
      const maps = isMap(key, mine) && isMap(key, value);
      const clashes = maps ? Object.keys(value).filter((name) => name in mine) : mine === undefined ? [] : [''];
      problems.push(
        ...clashes.map((name) => ({
          at: name ? `match.${key}.${name}` : `match.${key}`,
          value: [maps ? mine[name] : mine, maps ? value[name] : value],
          rule: 'a match states each condition once',
          mend: 'Give the route two matches where either may hold, or one regex where both must',
        })),
      );
      merged[key] = maps ? { ...mine, ...value } : value;
    }
    throwOnProblems('Conditions that exclude each other:', problems);
    return new Match(merged as VirtualServiceHttpMatch);
  }

  toSpec(): VirtualServiceHttpMatch {
    return this.spec;
  }
}

function isMap(key: string, value: unknown): value is Record<string, unknown> {
  return ['headers', 'withoutHeaders', 'queryParams', 'sourceLabels'].includes(key) && typeof value === 'object' && value !== null;
}

function text(at: string, build: (value: StringMatch) => VirtualServiceHttpMatch): TextMatch {
  return {
    exact: (value) => Match.raw(build({ exact: filled(at, value) })),
    prefix: (value) => Match.raw(build({ prefix: filled(at, value) })),
    regex: (value) => {
      refuse('Not a match:', at, (report) => checkRegex(report, '', filled(at, value)));
      return Match.raw(build({ regex: value }));
    },
  };
}

/** An empty text would silently mean that the header need only be there. */
function filled(at: string, value: string): string {
  throwOnProblems(
    'Not a match:',
    value === '' ? [{ at, value, rule: 'an empty text matches nothing of its own', mend: 'Use present() or absent(), or give the text' }] : [],
  );
  return value;
}
