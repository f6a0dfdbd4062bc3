import { Token } from 'cdktf';
import type { VirtualServiceHttpFault } from '../istio/generated/virtual-service';
import { throwOnProblems } from '../validation';
import type { Duration } from './duration';
import { Percent } from './percent';

/**
 * A failure that the caller's proxy makes up.
 * @see https://istio.io/latest/docs/tasks/traffic-management/fault-injection/
 */
export class Fault {
  /** @param percent share of the requests. @default all */
  static delay(by: Duration, percent: Percent = Percent.ALL): Fault {
    return new Fault({ delay: { fixedDelay: by.toString(), percentage: percent.toSpec() } });
  }

  /**
   * @param status HTTP status, 200 to 599
   * @param percent share of the requests. @default all
   * @throws ProblemError where the status is none
   */
  static abort(status: number, percent: Percent = Percent.ALL): Fault {
    if (!Token.isUnresolved(status) && !(Number.isInteger(status) && status >= 200 && status <= 599)) {
      throwOnProblems('Not an HTTP status:', [
        { at: 'Fault.abort', value: status, rule: 'a fault answers with an HTTP status between 200 and 599', mend: 'Fault.abort(500) is a server error' },
      ]);
    }
    return new Fault({ abort: { httpStatus: status, percentage: percent.toSpec() } });
  }

  /**
   * @param status name of a gRPC status, such as `UNAVAILABLE`
   * @param percent share of the requests. @default all
   */
  static abortGrpc(status: string, percent: Percent = Percent.ALL): Fault {
    return new Fault({ abort: { grpcStatus: status, percentage: percent.toSpec() } });
  }

  private constructor(private readonly spec: VirtualServiceHttpFault) {}

  /**
   * Both: first the delay, then the abort.
   * @throws ProblemError where both delay, or both abort
   */
  and(other: Fault): Fault {
    const twice = (['delay', 'abort'] as const).filter((kind) => this.spec[kind] && other.spec[kind]);
    throwOnProblems(
      'Faults that exclude each other:',
      twice.map((kind) => ({ at: 'Fault.and', value: kind, rule: `a route has one ${kind} at most`, mend: 'Use two routes with different matches' })),
    );
    return new Fault({ ...this.spec, ...other.spec });
  }

  toSpec(): VirtualServiceHttpFault {
    return this.spec;
  }
}
