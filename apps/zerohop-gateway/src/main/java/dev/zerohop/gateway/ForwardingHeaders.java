package dev.zerohop.gateway;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import okhttp3.Headers;
import org.eclipse.jetty.http.DateGenerator;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;

/** The headers that a proxy adds and removes (RFC 9110, sections 7.6 and 11.7; RFC 7239). */
final class ForwardingHeaders {
    /** The endpoint that answered. */
    static final String FINAL_HOST = "X-Final-Host";

    /** Followed by the name of a gateway: the time at which it passed the request on. It also marks requests that came through a gateway. */
    static final String FORWARDED_BY = "X-Forwarded-Host-";

    /** Hop-by-hop headers, in either direction; the load that an endpoint reports is not the gateway's. */
    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "proxy-connection",
            "keep-alive",
            "te",
            "transfer-encoding",
            "upgrade",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-authentication-info",
            "endpoint-load-metrics",
            "endpoint-load-metrics-bin");

    /** Headers that the server library handles itself, or that are set again for the next hop. */
    private static final Set<String> NOT_PASSED_ON = Set.of(
            "host",
            "expect",
            "content-length",
            "trailer",
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "forwarded",
            "via",
            "x-final-host");

    private ForwardingHeaders() {}

    /** Whether a trailer of this name may be passed on: not one that frames a message or concerns one connection (RFC 9110, section 6.5.1). */
    static boolean isTrailer(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return !HOP_BY_HOP.contains(lower) && !NOT_PASSED_ON.contains(lower);
    }

    /** Whether a gateway has passed this request on before. */
    static boolean cameThroughAGateway(Request request) {
        for (HttpField field : request.getHeaders()) {
            if (field.getName().regionMatches(true, 0, FORWARDED_BY, 0, FORWARDED_BY.length())) {
                return true;
            }
        }
        return false;
    }

    /** Whether the gateway of this name has passed it on before. */
    static boolean cameThrough(Request request, String node) {
        return request.getHeaders().contains(FORWARDED_BY + node);
    }

    /** The headers of the request to the endpoint, without those that depend on the endpoint. */
    static Headers toEndpoint(Request request, String node) {
        HttpFields in = request.getHeaders();
        Set<String> dropped = named(in.getValuesList("Connection"));
        String own = FORWARDED_BY + node;
        Headers.Builder out = new Headers.Builder();
        for (HttpField field : in) {
            String name = field.getName().toLowerCase(Locale.ROOT);
            if (!HOP_BY_HOP.contains(name) && !NOT_PASSED_ON.contains(name) && !dropped.contains(name)) {
                out.addUnsafeNonAscii(field.getName(), field.getValue() == null ? "" : received(field.getValue()));
            }
        }
        String client = Request.getRemoteAddr(request);
        String host = in.contains("Host") ? received(in.get("Host")) : "";
        out.addUnsafeNonAscii("X-Forwarded-For", appended(in, "X-Forwarded-For", bare(client)));
        out.addUnsafeNonAscii(
                "X-Forwarded-Proto", in.contains("X-Forwarded-Proto") ? received(in.get("X-Forwarded-Proto")) : "http");
        if (in.contains("X-Forwarded-Host")) {
            out.addUnsafeNonAscii("X-Forwarded-Host", received(in.get("X-Forwarded-Host")));
        } else if (!host.isEmpty()) {
            out.addUnsafeNonAscii("X-Forwarded-Host", host);
        }
        String element =
                "for=" + forwardedNode(client) + (host.isEmpty() ? "" : ";host=" + quoted(host)) + ";proto=http";
        out.addUnsafeNonAscii("Forwarded", appended(in, "Forwarded", element));
        out.addUnsafeNonAscii("Via", appended(in, "Via", version(request) + " " + node));
        out.add(own, now());
        if (!in.contains("Accept-Encoding")) {
            // OkHttp would request gzip and unpack it. This header is removed again before the request is sent.
            out.add("Accept-Encoding", "identity");
        }
        return out.build();
    }

    /** The headers of the endpoint's answer for the client. */
    static void toClient(Headers answer, HttpFields.Mutable out, String node, String endpoint, boolean gateway) {
        Set<String> dropped = named(answer.values("Connection"));
        String own = FORWARDED_BY + node;
        for (int i = 0; i < answer.size(); i++) {
            String name = answer.name(i).toLowerCase(Locale.ROOT);
            if (HOP_BY_HOP.contains(name)
                    || dropped.contains(name)
                    || name.equals("via")
                    || name.equalsIgnoreCase(own)
                    || (name.equalsIgnoreCase(FINAL_HOST) && !gateway)) {
                continue;
            }
            out.add(answer.name(i), sent(answer.value(i)));
        }
        if (!out.contains(HttpHeader.DATE)) {
            date(out);
        }
        if (!out.contains(FINAL_HOST)) {
            out.put(FINAL_HOST, endpoint);
        }
        out.put(own, now());
        List<String> via = answer.values("Via");
        out.put("Via", via.isEmpty() ? "1.1 " + node : sent(String.join(", ", via)) + ", 1.1 " + node);
    }

    /**
     * Converts a value for OkHttp. The server library decodes the bytes of headers as ISO 8859-1 and OkHttp sends UTF-8, so without this the bytes would
     * change.
     */
    private static String received(String value) {
        return new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** Converts a value from OkHttp for the server library. */
    static String sent(String value) {
        return new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** Every answer has a date (RFC 9110, section 6.6.1). */
    static void date(HttpFields.Mutable out) {
        out.put(HttpHeader.DATE, DateGenerator.formatDate(System.currentTimeMillis()));
    }

    private static Set<String> named(List<String> connection) {
        Set<String> names = new HashSet<>();
        for (String value : connection) {
            for (String name : value.split(",")) {
                names.add(name.strip().toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }

    private static String appended(HttpFields in, String name, String last) {
        List<String> before = in.getValuesList(name);
        return before.isEmpty() ? last : received(String.join(", ", before)) + ", " + last;
    }

    private static String version(Request request) {
        String protocol = request.getConnectionMetaData().getHttpVersion().asString();
        return protocol.substring(protocol.indexOf('/') + 1);
    }

    /** Jetty puts brackets around an IPv6 address; only {@code Forwarded} requires them. */
    private static String bare(String address) {
        return address.startsWith("[") ? address.substring(1, address.length() - 1) : address;
    }

    private static String forwardedNode(String address) {
        return address.indexOf(':') < 0 ? address : "\"[" + bare(address) + "]\"";
    }

    private static String quoted(String text) {
        return text.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]+")
                ? text
                : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /** Seconds since 1970 with seven decimals, from which readers of this header compute latencies. */
    static String now() {
        Instant now = Instant.now();
        return String.format(Locale.ROOT, "%d.%07d", now.getEpochSecond(), now.getNano() / 100);
    }
}
