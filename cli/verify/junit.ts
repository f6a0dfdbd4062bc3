import { countVerdict, VerifyResult, VerifyRow } from './result';

/** The result as JUnit XML, a test case for each check. @see https://github.com/testmoapp/junitxml */
export function toJUnit(result: VerifyResult): string {
  const suite = attributes({
    name: `verify ${result.environment} ${result.scenario}`,
    tests: String(result.rows.length),
    failures: String(countVerdict(result, 'fail')),
    errors: '0',
    skipped: String(countVerdict(result, 'skipped')),
    time: result.seconds.toFixed(1),
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite${suite}>`,
    ...result.rows.flatMap((row) => testCase(result, row)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(result: VerifyResult, row: VerifyRow): string[] {
  const open = `    <testcase${attributes({ classname: `${result.environment}.${result.scenario}`, name: row.check, time: row.seconds.toFixed(1) })}`;
  const report = `sent: ${row.sent}\nexpected: ${row.expectation}\nobserved: ${row.observation}`;
  switch (row.verdict) {
    case 'pass':
      return [`${open}>`, `      <system-out>${escapeXml(report)}</system-out>`, '    </testcase>'];
    case 'skipped':
      return [`${open}>`, `      <skipped${attributes({ message: row.observation })}/>`, '    </testcase>'];
    case 'fail':
      return [`${open}>`, `      <failure${attributes({ message: row.observation, type: 'expectation' })}>${escapeXml(report)}</failure>`, '    </testcase>'];
  }
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value).replace(/\n/g, '&#10;')}"`)
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Text for XML 1.0, which has no way at all to write most control characters: they become the replacement character. */
export function escapeXml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character])
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}');
}
