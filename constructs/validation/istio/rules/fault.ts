import { child, Report } from '../finding';
import { checkDuration, checkPercentage, DOCS } from './common';
import { checkStatus } from './http-answer';
import type { HttpRoute } from './http-route';

const SEE = `${DOCS}/networking/virtual-service/#HTTPFaultInjection`;
const GRPC = [
  'OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED', 'UNAUTHENTICATED',
  'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS',
];

/** Errors and delays that are put in on purpose. */
export function checkFault(fault: HttpRoute['fault'], at: string, report: Report): void {
  if (!fault) {
    return;
  }
  const { abort, delay } = fault;
  if (!abort && !delay) {
    report.error('AI0140', at, { rule: 'a fault is an abort, a delay or both', mend: 'Give `abort` or `delay`, or drop `fault`', see: SEE });
  }
  if (abort) {
    const field = child(at, 'abort');
    checkPercentage(report, child(field, 'percentage'), abort.percentage);
    if (abort.grpcStatus !== undefined && !GRPC.includes(abort.grpcStatus)) {
      report.error('AI0141', child(field, 'grpcStatus'), { value: abort.grpcStatus, rule: 'this is the name of a status of gRPC', mend: 'Write such as UNAVAILABLE', see: SEE });
    } else if (abort.http2Error !== undefined) {
      report.error('AI0142', child(field, 'http2Error'), { value: abort.http2Error, rule: 'Istio cannot abort with an HTTP/2 error', mend: 'Use `httpStatus` or `grpcStatus`', see: SEE });
    } else if (abort.httpStatus !== undefined) {
      checkStatus(report, child(field, 'httpStatus'), abort.httpStatus);
    } else if (abort.grpcStatus === undefined) {
      report.warning('AI0143', field, { rule: 'an abort without a status aborts nothing', mend: 'Give `httpStatus` or `grpcStatus`', see: SEE });
    }
  }
  if (delay) {
    const field = child(at, 'delay');
    checkPercentage(report, child(field, 'percentage'), delay.percentage);
    checkDuration(report, child(field, 'fixedDelay'), delay.fixedDelay);
    if (delay.exponentialDelay !== undefined) {
      report.error('AI0144', child(field, 'exponentialDelay'), { value: delay.exponentialDelay, rule: 'Istio knows fixed delays only', mend: 'Use `fixedDelay`', see: SEE });
    }
    if ((delay.percent ?? 0) > 0) {
      report.warning('IST0002', child(field, 'percent'), { value: delay.percent, rule: 'this field is deprecated', mend: `Write \`percentage: {value: ${delay.percent}}\``, see: SEE });
    }
  }
}
