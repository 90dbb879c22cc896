package dev.zerohop.sim;

import java.util.List;

/** The calls that a server works on, and how fast. For one thread. */
interface Work {
    /** How many calls it works on. */
    int size();

    /** How many places are busy. */
    int busy();

    /** Begins, and lets the attempt happen when it is done. */
    void begin(Attempt attempt);

    /** It is done. */
    void end(Attempt attempt);

    /** The speed of a place from now on; 0 for none. */
    void speed(double value);

    /** Stops, and gives out what was not done. */
    void stop(List<Attempt> to);
}
