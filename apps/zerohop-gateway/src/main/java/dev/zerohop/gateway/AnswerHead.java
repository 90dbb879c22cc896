package dev.zerohop.gateway;

import java.util.List;
import java.util.regex.Pattern;
import okhttp3.Headers;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Whether the head of an endpoint's answer can be passed on. OkHttp accepts more than a proxy may pass on (RFC 9110, sections 5 and 15; RFC 9112, section
 * 6.3).
 */
final class AnswerHead {
    /** Bytes of header lines. */
    static final int LIMIT = 64 << 10;

    private static final int LOWEST = 200;
    private static final int HIGHEST = 599;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");
    private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");

    private AnswerHead() {}

    /** Why the head is malformed; null if it is not. */
    static @Nullable String fault(Response answer) {
        int status = answer.code();
        if (status < LOWEST || status > HIGHEST) {
            return "the status was " + status + ", expected one from " + LOWEST + " to " + HIGHEST;
        }
        Headers headers = answer.headers();
        if (headers.byteCount() > LIMIT) {
            return "its headers have " + headers.byteCount() + " bytes, expected at most " + LIMIT;
        }
        for (int i = 0; i < headers.size(); i++) {
            if (!wellFormed(headers.name(i), headers.value(i))) {
                return "header " + (i + 1) + " is malformed";
            }
        }
        List<String> lengths = headers.values("Content-Length");
        List<String> encodings = headers.values("Transfer-Encoding");
        if (lengths.size() > 1
                || (lengths.size() == 1 && !LENGTH.matcher(lengths.get(0)).matches())) {
            return "Content-Length was " + String.join(", ", lengths) + ", expected one number";
        }
        if (encodings.size() > 1 || (encodings.size() == 1 && !encodings.get(0).equalsIgnoreCase("chunked"))) {
            return "Transfer-Encoding was " + String.join(", ", encodings) + ", expected chunked or none";
        }
        return lengths.isEmpty() || encodings.isEmpty() ? null : "it has both a Content-Length and a Transfer-Encoding";
    }

    /** Whether the header can be passed on unchanged. */
    static boolean wellFormed(String name, String value) {
        return NAME.matcher(name).matches() && value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c != 0x7f));
    }
}
