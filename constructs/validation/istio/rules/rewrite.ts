import { child, Report } from '../finding';
import { checkRegex, DOCS } from './common';
import type { HttpRoute } from './http-route';

/** `rewrite`: the path or the host is changed on the way. */
export function checkRewrite(rewrite: HttpRoute['rewrite'], field: string, report: Report): void {
  const bad = (rule: string, mend: string): void => report.error('AI0123', field, { value: rewrite, rule, mend, see: `${DOCS}/networking/virtual-service/#HTTPRewrite` });
  if (rewrite?.uri && rewrite.uriRegexRewrite) {
    bad('a path is rewritten either by prefix or by regular expression', 'Keep one of `uri` and `uriRegexRewrite`');
  } else if (rewrite && !rewrite.uri && !rewrite.uriRegexRewrite && !rewrite.authority) {
    bad('a rewrite changes something', 'Give `uri`, `uriRegexRewrite` or `authority`, or drop `rewrite`');
  } else if (rewrite?.uriRegexRewrite) {
    const { match, rewrite: replacement } = rewrite.uriRegexRewrite;
    if (!match || !replacement) {
      bad('a rewrite by regular expression has both `match` and `rewrite`', 'Give both');
    } else {
      checkRegex(report, child(child(field, 'uriRegexRewrite'), 'match'), match);
    }
  }
}
