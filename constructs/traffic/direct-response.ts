import type { VirtualServiceHttpDirectResponse } from '../istio/generated/virtual-service';
import { checkDirectResponse } from '../validation/istio/rules/http-answer';
import { refuse } from '../istio/refuse';

/**
 * An answer that the proxy gives by itself.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPDirectResponse
 */
export class DirectResponse {
  /**
   * An answer with an HTTP status.
   * @param status HTTP status, 200 to 599
   * @throws ProblemError where the status is none
   */
  static status(status: number): DirectResponse {
    return DirectResponse.checked('DirectResponse.status', { status });
  }

  private static checked(at: string, spec: VirtualServiceHttpDirectResponse): DirectResponse {
    refuse('Not an answer:', at, (report) => checkDirectResponse(spec, '', report));
    return new DirectResponse(spec);
  }

  private constructor(private readonly spec: VirtualServiceHttpDirectResponse) {}

  /**
   * The same answer with a text, sent as `text/plain` unless the route's headers say otherwise.
   * @throws ProblemError where it has more than 1 MiB
   */
  body(text: string): DirectResponse {
    return DirectResponse.checked('DirectResponse.body', { ...this.spec, body: { string: text } });
  }

  /**
   * The same answer with these bytes.
   * @throws ProblemError where it has more than 1 MiB
   */
  bytes(content: Uint8Array): DirectResponse {
    return DirectResponse.checked('DirectResponse.bytes', { ...this.spec, body: { bytes: Buffer.from(content).toString('base64') } });
  }

  /** In Istio's own words. */
  toSpec(): VirtualServiceHttpDirectResponse {
    return this.spec;
  }
}
