import type { DelayExpectation, Expectation, SplitExpectation } from '../../scenarios';
import type { Outcome } from './result';

/** Colour of the stars that each version of reviews shows; v1 shows none. */
export const STAR_COLORS: Readonly<Record<string, string | undefined>> = { v1: undefined, v2: 'black', v3: 'red' };

/** productpage waits this long for reviews, and asks twice. @see samples/bookinfo/src/productpage/productpage.py in Istio's repository */
const PRODUCTPAGE_PATIENCE_SECONDS = 3;

/** One review as the page shows it. */
export interface ShownReview {
  /** @default the page shows no stars */
  readonly stars?: { readonly color: string; readonly count: number };
  /** What stands in the place of the stars. @default nothing */
  readonly ratingError?: string;
  /** Pod of reviews that served it. */
  readonly servedBy?: string;
}

/** What a person would read on the product page. */
export interface ProductPage {
  readonly title?: string;
  /** Who is signed in. @default nobody */
  readonly user?: string;
  readonly detailsShown: boolean;
  readonly reviewsShown: boolean;
  readonly reviews: readonly ShownReview[];
}

/** Reads the HTML that upstream's productpage renders. */
export function parseProductPage(html: string): ProductPage {
  return {
    title: /<h1\b[^>]*>\s*([^<]+?)\s*<\/h1>/.exec(html)?.[1],
    user: /<p class="text-base[^"]*">\s*([^<]+?)\s*<\/p>\s*<a href="logout"/.exec(html)?.[1],
    detailsShown: /<h4\b[^>]*>\s*Book Details\s*<\/h4>/.test(html),
    reviewsShown: /<h4\b[^>]*>\s*Book Reviews\s*<\/h4>/.test(html),
    reviews: html
      .split(/<section\b/)
      .slice(1)
      .map(parseReview),
  };
}

function parseReview(section: string): ShownReview {
  const color = /class="flex gap-x-1 text-([a-z]+)-500"/.exec(section)?.[1];
  return {
    stars: color === undefined ? undefined : { color, count: section.match(/glyphicon-star/g)?.length ?? 0 },
    ratingError: /<p class="text-red-500">\s*([^<]+?)\s*<\/p>/.exec(section)?.[1],
    servedBy: /Reviews served by:\s*([^\s<]+)/.exec(section)?.[1],
  };
}

/** What the page must show somebody, by what the scenario promises about the services behind it. */
export interface ExpectedPage {
  readonly user?: string;
  /** Versions of reviews that may serve it. */
  readonly versions: readonly string[];
  readonly ratings: 'available' | 'unavailable';
  /** `unavailable` where reviews take longer than productpage waits, or than the mesh does. */
  readonly reviews: 'available' | 'unavailable';
  /** Who gives up, where reviews are unavailable. @default productpage */
  readonly givesUp?: 'the mesh';
  /** @default 'available' */
  readonly details?: 'unavailable';
}

/** Derives the page from the scenario's expectations. What is stated for nobody in particular holds for everybody of whom nothing is stated. */
export function expectedPage(expectations: readonly Expectation[], user?: string): ExpectedPage {
  const find = <Kind extends Expectation['kind']>(kind: Kind) => {
    // What is promised for other headers is not for this visitor.
    const all = expectations.filter((candidate) => candidate.kind === kind && candidate.headers === undefined);
    return (all.find((candidate) => candidate.user === user) ?? all.find((candidate) => candidate.user === undefined)) as
      | (Expectation & { kind: Kind })
      | undefined;
  };
  const split: SplitExpectation | undefined = find('split');
  const delay: DelayExpectation | undefined = find('delay');
  const holds = (candidate: Expectation): boolean => candidate.user === undefined || candidate.user === user;
  const aborted = (service: string): boolean => expectations.some((candidate) => candidate.kind === 'abort' && candidate.service === service && holds(candidate));
  const givenUp = expectations.some((candidate) => candidate.kind === 'timeout' && holds(candidate));
  const noDetails = aborted('details') || expectations.some((candidate) => candidate.kind === 'denied' && holds(candidate));
  const versions = Object.entries(split?.shares ?? { v1: 1, v2: 1, v3: 1 }).flatMap(([version, percent]) => (percent > 0 ? [version] : []));
  const asksRatings = versions.some((version) => STAR_COLORS[version] !== undefined);
  const tooSlow = delay !== undefined && asksRatings && delay.seconds >= PRODUCTPAGE_PATIENCE_SECONDS;
  return {
    user,
    versions,
    ratings: aborted('ratings') ? 'unavailable' : 'available',
    reviews: tooSlow || givenUp ? 'unavailable' : 'available',
    ...(givenUp && { givesUp: 'the mesh' }),
    ...(noDetails && { details: 'unavailable' }),
  };
}

/** The expected page in words. */
export function describePage(expected: ExpectedPage): string {
  const who = expected.user === undefined ? '' : `, signed in as ${expected.user}`;
  if (expected.reviews === 'unavailable') {
    const why = expected.givesUp ? `${expected.givesUp} gives up first` : `productpage gives up after ${PRODUCTPAGE_PATIENCE_SECONDS} s, twice`;
    return `200${who}; reviews unavailable, as ${why}`;
  }
  const looks = expected.versions.map((version) => `${starsOf(version, expected.ratings)} (${version})`);
  return `200${who}; ${expected.details === 'unavailable' ? 'details unavailable; ' : ''}${looks.join(' or ')}`;
}

/**
 * Judges one load of the page.
 * @param versions version of each pod of reviews, by pod name
 */
export function judgePage(expected: ExpectedPage, status: number, html: string, versions: ReadonlyMap<string, string>): Outcome {
  const page = parseProductPage(html);
  const problems: string[] = [];
  if (status !== 200 || page.title === undefined) {
    return { verdict: 'fail', observation: `${status}: ${page.title === undefined ? excerpt(html) : page.title}` };
  }
  if (page.user !== expected.user) {
    problems.push(`signed in: ${page.user ?? 'nobody'}`);
  }
  if (page.detailsShown !== (expected.details === undefined)) {
    problems.push(page.detailsShown ? 'details shown' : 'details unavailable');
  }
  if (expected.reviews === 'unavailable') {
    problems.push(...(page.reviewsShown ? ['reviews shown'] : []));
    return outcome(problems, '200; reviews unavailable');
  }
  if (!page.reviewsShown || page.reviews.length === 0) {
    return outcome([...problems, 'reviews unavailable'], '');
  }
  const seen = new Set<string>();
  for (const review of page.reviews) {
    const version = versions.get(review.servedBy ?? '') ?? `pod ${review.servedBy ?? 'unknown'}`;
    const look = lookOf(review);
    seen.add(`${look} (${version})`);
    if (!expected.versions.includes(version) || look !== starsOf(version, expected.ratings)) {
      problems.push(`${look} (${version})`);
    }
  }
  return outcome([...new Set(problems)], `200; ${page.detailsShown ? '' : 'details unavailable; '}${[...seen].join(', ')}`);
}

function outcome(problems: readonly string[], fine: string): Outcome {
  return problems.length > 0 ? { verdict: 'fail', observation: `200; ${problems.join('; ')}` } : { verdict: 'pass', observation: fine };
}

function lookOf(review: ShownReview): string {
  if (review.stars) {
    return review.stars.count > 0 ? `${review.stars.color} stars` : 'an empty row of stars';
  }
  return review.ratingError === undefined ? 'no stars' : 'ratings unavailable';
}

function starsOf(version: string, ratings: ExpectedPage['ratings']): string {
  const color = STAR_COLORS[version];
  if (color === undefined) {
    return 'no stars';
  }
  return ratings === 'unavailable' ? 'ratings unavailable' : `${color} stars`;
}

/** The beginning of a text on one line. */
export function excerpt(text: string, length = 100): string {
  const line = text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 3)}...` : line || 'nothing';
}
