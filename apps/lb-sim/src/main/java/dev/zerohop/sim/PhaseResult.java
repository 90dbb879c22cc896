package dev.zerohop.sim;

/**
 * What the calls of one phase of the arrivals gave, over all seeds; a call is of the phase in which it begins.
 *
 * @param fromSeconds when the phase begins
 * @param perSecond how many calls begin in a second
 * @param calls how many were counted
 * @param errors how many of them were not answered well
 * @param latencies of the others, and of those out of time
 */
public record PhaseResult(double fromSeconds, double perSecond, long calls, long errors, Latencies latencies) {}
