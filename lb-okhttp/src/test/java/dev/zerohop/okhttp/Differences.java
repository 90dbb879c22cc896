package dev.zerohop.okhttp;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import okhttp3.HttpUrl;

/** How what zerohop shows differs from what plain OkHttp shows, where docs/okhttp.md says that it does: made of the latter, line by line. */
final class Differences {
    private static final String DECISION = "followUpDecision ";
    private static final String PRIOR = " after (";

    private Differences() {}

    // ---- redirects across a service's border ----

    /** Events: OkHttp itself decides to follow only what stays on its host. The rest is the same, in the same order. */
    static List<String> decidedAboveOkHttp(List<String> plain) {
        List<String> routed = new ArrayList<>();
        String host = "";
        for (String line : plain) {
            String last = line.substring(line.lastIndexOf(' ') + 1);
            if (line.startsWith("requestHeadersEnd ")) {
                host = HttpUrl.get(last).host();
            }
            boolean leaves = line.startsWith(DECISION)
                    && !last.equals("none")
                    && !HttpUrl.get(last).host().equals(host);
            routed.add(leaves ? line.replace(last, "none") : line);
        }
        return routed;
    }

    /** An interceptor added later: each side of the border is a request of its own, and the answer before has no location and is not to be stored. */
    static List<String> requestsOfTheirOwn(List<String> plain) {
        List<String> routed = new ArrayList<>();
        for (int i = 0; i < plain.size(); i += 2) {
            hops(plain.get(i + 1).substring("<- ".length()), routed);
        }
        return routed;
    }

    /** Of an answer with its prior ones, in the order of time. */
    private static void hops(String answer, List<String> lines) {
        List<List<String>> sides = new ArrayList<>();
        String rest = answer;
        while (!rest.isEmpty()) {
            int at = rest.indexOf(PRIOR);
            String own = at < 0 ? rest : rest.substring(0, at);
            rest = at < 0 ? "" : rest.substring(at + PRIOR.length(), rest.length() - 1);
            List<String> side = sides.isEmpty() ? List.of() : sides.get(sides.size() - 1);
            if (side.isEmpty() || !host(side.get(0)).equals(host(own))) {
                side = new ArrayList<>();
                sides.add(side);
            }
            side.add(own);
        }
        Collections.reverse(sides);
        for (List<String> side : sides) {
            String first = side.get(side.size() - 1);
            lines.add("-> " + first.substring(first.indexOf(" of ") + " of ".length()));
            String text = String.join(PRIOR, side) + ")".repeat(side.size() - 1);
            lines.add("<- " + (side == sides.get(sides.size() - 1) ? text : withoutLocation(text)));
        }
    }

    private static String host(String answer) {
        return HttpUrl.get(answer.substring(answer.lastIndexOf(' ') + 1)).host();
    }

    static String withoutLocation(String answer) {
        return headers(answer, headers -> {
            headers.keySet().removeIf(name -> name.equalsIgnoreCase("Location"));
            headers.put("Cache-Control", "no-store");
        });
    }

    /** Changes the headers of the last answer in a line. */
    private static String headers(String line, Consumer<Map<String, String>> change) {
        int from = line.indexOf('{');
        int to = line.indexOf('}');
        Map<String, String> headers = new TreeMap<>();
        for (String header : line.substring(from + 1, to).split(", ")) {
            int at = header.indexOf('=');
            headers.put(header.substring(0, at), header.substring(at + 1));
        }
        change.accept(headers);
        return line.substring(0, from) + headers + line.substring(to + 1);
    }

    // ---- what plain OkHttp repeats at once, whatever the method ----

    /** The answer has no prior one. */
    static List<String> withoutPrior(List<String> plain) {
        return plain.stream()
                .map(line -> line.contains(PRIOR)
                        ? line.substring(0, line.indexOf(PRIOR)) + line.substring(line.lastIndexOf(')') + 1)
                        : line)
                .toList();
    }

    static List<String> withoutPriorAndRetryAfter(List<String> plain) {
        return withoutPrior(plain).stream()
                .map(line -> line.startsWith("<- ") ? headers(line, headers -> headers.remove("Retry-After")) : line)
                .toList();
    }

    /** There is one request and one answer. */
    static List<String> firstHalf(List<String> plain) {
        return plain.subList(0, plain.size() / 2);
    }

    /** Events: from the first decision on it goes on as after the last one. */
    static List<String> decidedOnce(List<String> plain) {
        List<String> routed = new ArrayList<>();
        int at = 0;
        while (!plain.get(at).startsWith(DECISION)) {
            routed.add(plain.get(at++));
        }
        int last = plain.size() - 1;
        while (!plain.get(last).startsWith(DECISION)) {
            last--;
        }
        routed.addAll(plain.subList(last, plain.size()));
        return routed;
    }

    // ---- three attempts ----

    /** An interceptor added later sees each of them. */
    static List<String> threeTimes(List<String> plain) {
        List<String> routed = new ArrayList<>(plain);
        routed.addAll(plain);
        routed.addAll(plain);
        return routed;
    }

    /** Events: between the start and the end of the call everything comes three times. */
    static List<String> threeTries(List<String> plain) {
        int end = plain.size() - 1;
        List<String> routed = new ArrayList<>(threeTimes(plain.subList(1, end)));
        routed.add(0, plain.get(0));
        routed.add(plain.get(end));
        return routed;
    }

    // ---- a redirect across a border that plain OkHttp has in its cache the second time ----

    /** It is not stored. */
    static List<String> notCached(List<String> plain) {
        return plain.stream()
                .map(line -> line.replace(" cached of ", " network of "))
                .toList();
    }

    /** The second call is as the first, instead of half of it. */
    static List<String> firstCallTwice(List<String> plain) {
        List<String> first = plain.subList(0, plain.size() * 2 / 3);
        List<String> routed = new ArrayList<>(first);
        routed.addAll(first);
        return routed;
    }

    /** Events: the second call sends what the first has sent, over the connections that are there. */
    static List<String> sentAgain(List<String> plain) {
        List<String> first = decidedAboveOkHttp(plain.subList(0, plain.indexOf("callEnd") + 1));
        List<String> routed = new ArrayList<>(first);
        first.stream()
                .filter(line -> !line.startsWith("proxySelect") && !line.startsWith("dns"))
                .filter(line -> !line.startsWith("connectStart") && !line.startsWith("connectEnd"))
                .forEach(routed::add);
        return routed;
    }
}
