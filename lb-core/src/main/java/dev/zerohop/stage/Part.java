package dev.zerohop.stage;

/**
 * A stretch of an {@link Order}.
 *
 * @param from the rank of the first one
 * @param count how many there are
 * @param firstShare what of the first one is inside, more than 0 and at most 1
 * @param lastShare what of the last one is inside
 */
record Part(int from, int count, double firstShare, double lastShare) {

    /** So many from the beginning. */
    static Part first(int count) {
        return new Part(0, count, 1, 1);
    }

    /** What of the one at this place of the stretch is inside. */
    double share(int place) {
        return place == 0 ? firstShare : place == count - 1 ? lastShare : 1;
    }
}
