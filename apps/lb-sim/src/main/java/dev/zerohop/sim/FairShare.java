package dev.zerohop.sim;

/**
 * How long a newcomer took to its fair share, over all seeds: from when it was announced, or its fault had ended, to the end of the first whole second in which it got at least 90 % of the attempts that a server
 * got on average.
 *
 * @param server its id
 * @param sinceSeconds when it was announced, or its fault had ended
 * @param seconds how long it took, the mean of the seeds in which it got there; NaN if it never did
 * @param never in how many seeds it did not
 */
public record FairShare(String server, double sinceSeconds, double seconds, int never) {}
