package dev.zerohop;

/**
 * One pure step from snapshot to snapshot: it removes candidates or changes their weights. No clock, no timer, no state that a request touches: a stage
 * that wants to look again says so in {@link Snapshot#reviewInNanos}. Runs on the balancer's serial executor only. Stages that compare equal do the
 * same. One that throws is reported and passed over. A configuration names a stage through its {@link StageProvider}.
 */
public interface Stage {

    /** Names the stage in explanations. */
    String name();

    /**
     * Whether a key has the same owner at every client in spite of this stage. False for one after which each client knows other endpoints: it is rejected beside a policy that places keys.
     */
    default boolean keepsOwners() {
        return true;
    }

    /**
     * Whether it goes by what endpoints {@linkplain Node#reportedLoad report of their load}: if no stage and no policy does, answers are not searched for reports. Always the same for stages that are equal. Default: no.
     */
    default boolean wantsLoadReports() {
        return false;
    }

    /**
     * The next version. {@code nowNanos} is one instant for the whole version. Leaves the members as they are. What it takes out of the candidates gets no calls but those of keys that belong to it alone, unless
     * the stage decides by health ({@link Snapshot#withAvailable}).
     */
    Snapshot apply(Snapshot in, long nowNanos);
}
