import type { VirtualServiceHttpRewrite } from '../istio/generated/virtual-service';
import { throwOnProblems } from '../validation';
import { checkRewrite } from '../validation/istio/rules/rewrite';
import { refuse } from '../istio/refuse';

/**
 * How a request is changed before it goes on.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRewrite
 */
export class Rewrite {
  /**
   * Replaces what the route's match compared: the prefix, or the whole path where it matched exactly or by regex.
   * @throws ProblemError where it is empty
   */
  static prefix(replacement: string): Rewrite {
    return Rewrite.checked('Rewrite.prefix', { uri: replacement });
  }

  /**
   * Replaces what an expression finds in the path.
   * @param match RE2 expression
   * @param replacement `\1` stands for the first group
   * @throws ProblemError where one of them is empty, or RE2 does not take the expression
   */
  static regex(match: string, replacement: string): Rewrite {
    return Rewrite.checked('Rewrite.regex', { uriRegexRewrite: { match, rewrite: replacement } });
  }

  /**
   * Replaces the host that the client asked for.
   * @throws ProblemError where it is empty
   */
  static authority(host: string): Rewrite {
    return Rewrite.checked('Rewrite.authority', { authority: host });
  }

  private static checked(at: string, spec: VirtualServiceHttpRewrite): Rewrite {
    refuse('Not a rewrite:', at, (report) => checkRewrite(spec, '', report));
    return new Rewrite(spec);
  }

  private constructor(private readonly spec: VirtualServiceHttpRewrite) {}

  /**
   * Both: the path and the host.
   * @throws ProblemError where both change the path, or both the host
   */
  and(other: Rewrite): Rewrite {
    const twice = this.changes().filter((part) => other.changes().includes(part));
    throwOnProblems(
      'Rewrites that exclude each other:',
      twice.map((part) => ({ at: 'Rewrite.and', value: [this.spec, other.spec], rule: `a route rewrites the ${part} once`, mend: 'Use two routes with different matches' })),
    );
    return new Rewrite({ ...this.spec, ...other.spec });
  }

  /** In Istio's own words. */
  toSpec(): VirtualServiceHttpRewrite {
    return this.spec;
  }

  private changes(): readonly string[] {
    const { uri, uriRegexRewrite, authority } = this.spec;
    return [...(uri !== undefined || uriRegexRewrite ? ['path'] : []), ...(authority === undefined ? [] : ['host'])];
  }
}
