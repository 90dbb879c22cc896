package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A directory of keys and their owners that a source holds: too many entries to follow, so each key is looked up when a call needs it.
 *
 * <p>It travels with an {@link EndpointSet} as a handle, not as a value: two directories are the same only if they are the same object, and what one
 * answers changes while the set stays. It belongs to the source that gave it and ends with it.
 *
 * <p>Thread-safe. No method blocks or does I/O on the caller's thread.
 */
public interface KeyDirectory {

    /** What is known about a key at this moment. */
    sealed interface Answer permits Owner, Absent, Unknown {}

    /**
     * The key has an owner: the endpoint of this id, or the one of this ordinal. Whether there is such an endpoint is not the directory's business.
     *
     * @param endpointId the owner's id; null if it is named by its ordinal
     * @param ordinal the owner's ordinal; {@link Endpoint#NO_ORDINAL} if it is named by its id
     */
    record Owner(@Nullable String endpointId, int ordinal) implements Answer {

        /**
         * Checks that exactly one of the two is given.
         *
         * @throws IllegalArgumentException if the id is blank or can be no endpoint's, the ordinal is below 0, or both or neither are given
         */
        public Owner {
            String problem = endpointId == null ? null : Printable.problem(endpointId, Printable.MAX_NAME);
            if (problem != null) {
                throw new IllegalArgumentException("the id of the owner " + problem);
            }
            if (endpointId == null ? ordinal < 0 : endpointId.isBlank() || ordinal != Endpoint.NO_ORDINAL) {
                throw new IllegalArgumentException("owner was endpoint '" + endpointId + "' and ordinal " + ordinal
                        + ", expected either an id that is not blank or an ordinal of 0 or more");
            }
        }

        /** The endpoint of this id. */
        public static Owner endpoint(String id) {
            return new Owner(requireNonNull(id, "id"), Endpoint.NO_ORDINAL);
        }

        /** The endpoint of this ordinal. */
        public static Owner ordinal(int ordinal) {
            return new Owner(null, ordinal);
        }

        @Override
        public String toString() {
            return endpointId != null ? "endpoint " + endpointId : "ordinal " + ordinal;
        }
    }

    /** The key has no entry: the source said so. */
    record Absent() implements Answer {}

    /**
     * Nothing is known about the key, or nothing that can be used.
     *
     * @param asking whether an answer is on its way: {@link #follow followers} are notified when it is there, and also when it will not come
     * @param reason for people: what is waited for, or why it cannot be found out
     */
    record Unknown(boolean asking, String reason) implements Answer {

        /** Checks for null. */
        public Unknown {
            reason = Printable.text(requireNonNull(reason, "reason"));
        }
    }

    /** What is known about the key. If that is nothing, or old, a look-up is begun; many calls for one key begin one. */
    Answer find(EndpointSelector key);

    /** Like {@link #find}, but begins no look-up and does not count as a use of the key. */
    Answer peek(EndpointSelector key);

    /**
     * Runs {@code changed} after answers have changed, a burst of changes once, until cancelled. It is called from any thread, one at a time, and must
     * be quick. A look-up that has ended is visible to {@link #find} before that.
     */
    Cancellable follow(Runnable changed);

    /** Where the present answer comes from and how old it is, a line each. Begins no look-up. */
    List<String> explain(EndpointSelector key);
}
