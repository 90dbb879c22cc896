package dev.zerohop.stage;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which of all clients of a service this is, so that each takes its own part of the endpoints. Immutable.
 *
 * @param client the number of this client, from 0 on. From {@code clients} on they share the parts of those before them, until {@code clients} says that there are more
 * @param clients how many there are, 1 to {@value #MAX_CLIENTS}
 */
public record Slice(int client, int clients) {

    /** The largest number of clients. */
    public static final int MAX_CLIENTS = 1_000_000;

    /** The variables that may say which client this is, the first that does: a number, or a name that ends in one, as the names of StatefulSets' pods do; the host's only such a name. */
    static final String[] VARIABLES = {"ZEROHOP_CLIENT", "POD_NAME", "HOSTNAME"};

    private static final Pattern NUMBER = Pattern.compile("(?:.*-)?(\\d{1,7})");

    /** As a StatefulSet names its pods, and not as clouds name machines by their addresses. */
    private static final Pattern NAME =
            Pattern.compile("(?!ip(?:-\\d{1,3}){4}$)[a-z](?:[-a-z0-9]*[a-z0-9])?-(\\d{1,7})");

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the option, its value and what was expected
     */
    public Slice {
        if (clients < 1 || clients > MAX_CLIENTS) {
            throw new IllegalArgumentException("clients was " + clients + ", expected 1 to " + MAX_CLIENTS);
        }
        if (client < 0) {
            throw new IllegalArgumentException("client was " + client + ", expected 0 or more");
        }
    }

    /** What the environment says, or null. */
    static @Nullable Integer ordinal(Map<String, String> environment) {
        for (String variable : VARIABLES) {
            String text = environment.get(variable);
            Pattern form = variable.equals("HOSTNAME") ? NAME : NUMBER;
            Matcher number = text == null ? null : form.matcher(text);
            if (number != null && number.matches()) {
                return Integer.valueOf(number.group(1));
            }
        }
        return null;
    }

    /**
     * This client's part of a ring of {@code members}. Each has an arc as long as there are clients, and the client numbered c begins c times the number of members from the beginning; so
     * everything is a whole number, and each point of the ring is inside the parts of equally many clients.
     *
     * @param size at least so many, less than {@code members}
     */
    Part part(int size, int members) {
        // As many times the distance between two clients as it takes to be that long.
        long widths = ((long) size * clients + members - 1) / members;
        if (widths >= clients) {
            return Part.first(members);
        }
        long begin = (long) Math.floorMod(client, clients) * members;
        long end = begin + widths * members;
        int from = (int) (begin / clients);
        int to = (int) ((end + clients - 1) / clients);
        double firstShare = (Math.min(end, (from + 1L) * clients) - begin) / (double) clients;
        double lastShare = (end - Math.max(begin, (to - 1L) * clients)) / (double) clients;
        // One that is longer than all but one members may end in the member that it begins in.
        return to - from > members
                ? new Part(from, members, firstShare + lastShare, 1)
                : new Part(from, to - from, firstShare, lastShare);
    }

    @Override
    public String toString() {
        return "as client " + client + " of " + clients;
    }
}
