package dev.zerohop.kubernetes;

import dev.zerohop.Endpoint;
import java.util.regex.Pattern;

/** The ordinal in a pod's name. Stateless. */
final class PodOrdinal {

    /** The length of the random suffix of ReplicaSet and DaemonSet pods. */
    private static final int DRAWN_LENGTH = 5;

    /** The digits that are never part of a random suffix, because they look like letters. */
    private static final String NEVER_DRAWN = "013";

    private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,9}");

    private PodOrdinal() {}

    /** The ordinal of a pod of this StatefulSet, by the name that the set gives its pods; {@link Endpoint#NO_ORDINAL} for any other name. */
    static int of(String pod, String statefulSet) {
        int dash = statefulSet.length();
        if (pod.length() <= dash + 1 || pod.charAt(dash) != '-' || !pod.startsWith(statefulSet)) {
            return Endpoint.NO_ORDINAL;
        }
        return number(pod.substring(dash + 1));
    }

    /**
     * Whether a name ends in a number that cannot be the random suffix of a ReplicaSet, so that the pod belongs to a StatefulSet or was named by hand. A
     * ReplicaSet's suffix has five characters and may be all digits.
     */
    static boolean looksNumbered(String pod) {
        String suffix = pod.substring(pod.lastIndexOf('-') + 1);
        if (suffix.length() == pod.length() || number(suffix) == Endpoint.NO_ORDINAL) {
            return false;
        }
        return suffix.length() != DRAWN_LENGTH || suffix.chars().anyMatch(digit -> NEVER_DRAWN.indexOf(digit) >= 0);
    }

    /** A number as StatefulSets write it: no sign, no leading zero. */
    private static int number(String digits) {
        long value = NUMBER.matcher(digits).matches() ? Long.parseLong(digits) : Long.MAX_VALUE;
        return value > Integer.MAX_VALUE ? Endpoint.NO_ORDINAL : (int) value;
    }
}
