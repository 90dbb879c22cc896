package dev.zerohop.testing;

import dev.zerohop.EndpointSelector;
import dev.zerohop.KeySource;
import dev.zerohop.KeySource.Place;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one table of odd keys that every transport, and the command line, is held against: the same text has the same owner, or the same error. For an
 * adapter of your own: configure {@link OddKey#source} with the policy {@code shard}, send {@link OddKey#carried}, and expect the call at {@link OddKey#owner} or
 * refused with {@link OddKey#refusal}.
 */
public final class OddKeys {
    /** The header that carries the keys of {@link #inHeaders}. */
    public static final String HEADER = "x-key";

    /** The query parameter or cookie that carries the keys of {@link #inHttp}. */
    public static final String NAME = "id";

    static final String NO_INTEGER = "', expected an integer of 64 bits: an optional '-' and 1 to 19 digits 0 to 9";
    private static final String NOT_IN_A_HEADER =
            "', expected printable ASCII without '?', which stands for every other character in a header";
    static final String NOT_UNICODE = "', expected valid Unicode";
    static final String CONTROL = "', expected a text without control characters";
    private static final String ESCAPES = "', expected whole percent escapes of UTF-8";

    private final List<OddKey> rows = new ArrayList<>();

    private OddKeys() {}

    /** Keys in headers, which gRPC and HTTP both have. Those with one value can be typed as well. */
    public static List<OddKey> inHeaders() {
        OddKeys table = new OddKeys();
        table.integersInHeaders();
        table.textsInHeaders();
        table.repeatedHeaders();
        return table.rows;
    }

    /** Keys in the places that only HTTP has. */
    public static List<OddKey> inHttp() {
        OddKeys table = new OddKeys();
        table.queries();
        table.paths();
        table.cookies();
        new OddJsonKeys(table).add();
        return table.rows;
    }

    /**
     * Patterns that every configuration refuses as the place of a key: what they are made into would fill the memory, or take long to make or to match. For an
     * adapter of your own: put each over a good configuration, and expect a refusal that names the field {@code key.path}, and calls to be placed as before.
     */
    public static List<String> patternsToRefuse() {
        return List.of(
                "(a{1000}){1000}",
                "((?:a{1000}){1000})",
                "((?:(?:(?:a{9}){9}){9}){9})",
                "((?:(?:(?:a{0,9}){0,9}){0,9}){0,9})",
                "((?:[^/]{1000}|b{1000}){1000,})",
                "((?:a?){500}a{500})",
                "(a{2147483648})",
                "(a{1001})",
                "((?:a{1000}b{1000}){0})",
                "((?:(?:(?:a*)*)*)*x{1000})",
                "((a*)*)*b",
                "(" + "(?:".repeat(80) + ")".repeat(80) + "a)",
                "(" + "a|".repeat(200) + "a)",
                "(" + "a{999}".repeat(20) + ")");
    }

    private void integersInHeaders() {
        KeySource source = new KeySource(Place.HEADER, HEADER, true);
        number(source, 42, "42", " 42", "42 ", "\t42\t", " \t 42 \t ", "042", "0000000000000000042");
        number(source, 0, "0", "-0", "00", "-000");
        number(source, -7, "-7", "-007", " -7 ");
        number(source, Long.MAX_VALUE, "9223372036854775807");
        number(source, Long.MIN_VALUE, "-9223372036854775808");
        none(source, "", " ", "\t", "   \t ");
        for (String text : List.of(
                "00000000000000000042",
                "9223372036854775808",
                "-9223372036854775809",
                "99999999999999999999999",
                "+42",
                "++42",
                "--42",
                "-",
                "- 42",
                "4 2",
                "42.0",
                "4.2",
                ".42",
                "4e2",
                "1E3",
                "0x2A",
                "0b101",
                "42L",
                "1_000",
                "1,000",
                "1'000",
                "42;",
                "42,42",
                "\"42\"",
                "null",
                "NaN",
                "true",
                "forty-two")) {
            bad(source, "was '" + text + NO_INTEGER, text);
        }
        bad(
                source,
                "was '??" + NOT_IN_A_HEADER,
                "\u0664\u0662",
                "\uff14\uff12",
                "\u096a\u0968",
                "\ud835\udfd2\ud835\udfd0");
        bad(source, "was '?42" + NOT_IN_A_HEADER, "\u221242", "?42", "\u200b42", "\ufeff42");
        bad(source, "was '4?2" + NOT_IN_A_HEADER, "4\u00a02", "4\u20092", "4?2");
        bad(source, "was '4\\u00002" + NOT_IN_A_HEADER, "4\u00002");
        bad(source, "was '4\\u00092" + NOT_IN_A_HEADER, "4\t2");
    }

    private void textsInHeaders() {
        KeySource source = new KeySource(Place.HEADER, HEADER, false);
        text(source, "customer-42", "customer-42", " customer-42", "customer-42\t ");
        for (String text : List.of(
                "customer 42",
                "customer  42",
                "Customer-42",
                "42",
                "042",
                "+42",
                "-0",
                "1e3",
                "null",
                "undefined",
                "\"quoted\"",
                "'single'",
                "a,b",
                "a, b",
                "a;b=c",
                "a%20b",
                "%",
                "%zz",
                "%C3%A9",
                "a+b",
                "a/b",
                "../../etc/passwd",
                "a\\b",
                "<b>",
                "{\"id\":1}",
                "${a:b}",
                "::1",
                "user@example.com",
                "~",
                "!",
                "x".repeat(4096))) {
            text(source, text, text);
        }
        none(source, "", "  ");
        bad(
                source,
                "was 'k?se" + NOT_IN_A_HEADER,
                "k\u00e4se",
                "k\u00f6se",
                "k?se",
                "k\ufffdse",
                "k\ud83d\ude00se",
                "k\ud800se");
        bad(source, "was 'caf?" + NOT_IN_A_HEADER, "caf\u00e9");
        bad(source, "was 'cafe?" + NOT_IN_A_HEADER, "cafe\u0301");
        bad(source, "was '??" + NOT_IN_A_HEADER, "\u65e5\u672c", "\u043e\u043d");
        bad(source, "was '=?UTF-8?Q?caf=C3=A9?=" + NOT_IN_A_HEADER, "=?UTF-8?Q?caf=C3=A9?=");
        bad(source, "was 'a\\u0000b" + NOT_IN_A_HEADER, "a\u0000b");
        bad(source, "was 'a\\u0009b" + NOT_IN_A_HEADER, "a\tb");
        bad(source, "was 'a\\u000ab" + NOT_IN_A_HEADER, "a\nb");
        bad(source, "was 'a\\u000d\\u000aX-More: b" + NOT_IN_A_HEADER, "a\r\nX-More: b");
        bad(source, "was 'a\\u001b[31mb" + NOT_IN_A_HEADER, "a\u001b[31mb");
        bad(source, "was 'a\\u007fb" + NOT_IN_A_HEADER, "a\u007fb");
        bad(source, "was 'a?b" + NOT_IN_A_HEADER, "a\u0085b");
        bad(source, "was 4097 characters long, expected at most 4096", "x".repeat(4097));
    }

    private void repeatedHeaders() {
        KeySource integer = new KeySource(Place.HEADER, HEADER, true);
        row(integer, EndpointSelector.of(7L), null, "7", "7");
        row(integer, EndpointSelector.of(7L), null, " 7", "7\t", "7");
        row(integer, EndpointSelector.of(7L), null, "", "7");
        row(integer, EndpointSelector.of(7L), null, "7", " ");
        row(integer, null, "was given more than once, as '7' and as '8', expected one value", "7", "8");
        row(integer, null, "was given more than once, as '7' and as '07', expected one value", "7", "07");
        row(integer, null, "was given more than once, as '7' and as 'x', expected one value", "7", "x", "7");
        row(integer, null, null, "", "", "\t");
        KeySource text = new KeySource(Place.HEADER, HEADER, false);
        row(text, EndpointSelector.of("a"), null, "a", "a");
        row(text, EndpointSelector.of("a b"), null, " a b", "a b ");
        row(text, null, "was given more than once, as 'a' and as 'A', expected one value", "a", "A");
        row(text, null, "was given more than once, as 'a' and as 'b', expected one value", "a", "b", "a");
        row(text, null, "was 'b?" + NOT_IN_A_HEADER, "a", "b\u00e4");
    }

    private void queries() {
        KeySource integer = new KeySource(Place.QUERY, NAME, true);
        number(
                integer,
                42,
                "id=42",
                "id=%34%32",
                "id=+42",
                "id=42%20",
                "id=%0942",
                "id=42&id=42",
                "id=&id=42",
                "i%64=42",
                "a=1&id=42&b=2");
        none(integer, "", "id", "id=", "id=%20", "ID=42", "id[]=42", "xid=42");
        bad(integer, "was '+42" + NO_INTEGER, "id=%2B42");
        bad(integer, "was '42%" + NO_INTEGER, "id=42%");
        bad(integer, "was '%zz" + NO_INTEGER, "id=%zz");
        bad(integer, "was '\u0664\u0662" + NO_INTEGER, "id=%D9%A4%D9%A2", "id=\u0664\u0662");
        bad(integer, "was '42\\u000a" + CONTROL, "id=42%0A");
        bad(integer, "was given more than once, as '42' and as '43', expected one value", "id=42&id=43");
        KeySource text = new KeySource(Place.QUERY, NAME, false);
        text(text, "caf\u00e9", "id=caf%C3%A9", "id=caf\u00e9");
        text(text, "e\u0301", "id=e%CC%81");
        text(text, "a b", "id=a+b", "id=a%20b", "id=%20a b%20");
        text(text, "a+b", "id=a%2Bb");
        text(text, "what?", "id=what?", "id=what%3F");
        text(text, "\ud83d\ude00", "id=%F0%9F%98%80");
        bad(text, "was 'caf\\ufffd" + NOT_UNICODE, "id=caf%E9");
        bad(text, "was '\\ufffd" + NOT_UNICODE, "id=%C3", "id=%ED%A0%80", "id=%EF%BF%BD");
        bad(text, "was 'a\\u0000b" + CONTROL, "id=a%00b");
        bad(text, "was 'a\\u000d\\u000ab" + CONTROL, "id=a%0D%0Ab");
        bad(text, "was '\\u001b[31m" + CONTROL, "id=%1B[31m");
        bad(text, "was '\\u0085" + CONTROL, "id=%C2%85");
        bad(text, "was 4097 characters long, expected at most 4096", "id=" + "x".repeat(4097));
    }

    private void paths() {
        KeySource text = new KeySource(Place.PATH, "^/u/([^/]*)", false);
        text(text, "abc", "/u/abc", "/u/abc/orders", "/u/%61bc", "/x/../u/abc");
        text(text, "a/b", "/u/a%2Fb", "/u/a%2fb/orders");
        text(text, "a+b", "/u/a+b", "/u/a%2Bb");
        text(text, "a b", "/u/a%20b", "/u/a b", "/u/%20a%20b%20");
        text(text, "caf\u00e9", "/u/caf%C3%A9", "/u/caf\u00e9");
        none(text, "/", "/u", "/u/", "/u//abc", "/v/abc", "/u/%20");
        for (String cut : List.of("%", "%4", "%zz", "a%", "%C3", "%E9", "%C3%", "%C0%80", "%ED%A0%80")) {
            bad(text, "was '" + cut + ESCAPES, "/u/" + cut);
        }
        bad(text, "was 'a\\u0000b" + CONTROL, "/u/a%00b");
        bad(text, "was 'a\\u000ab" + CONTROL, "/u/a%0Ab");
        bad(text, "was 4097 characters long, expected at most 4096", "/u/" + "x".repeat(4097));
        bad(
                text,
                "cannot be read: the path is 16003 characters long, expected at most 8192",
                "/u/" + "x".repeat(16_000));
        KeySource integer = new KeySource(Place.PATH, "^/u/([^/]*)", true);
        number(integer, 42, "/u/42", "/u/042", "/u/4%32/orders");
        bad(integer, "was '\u0664\u0662" + NO_INTEGER, "/u/%D9%A4%D9%A2");
        bad(integer, "was '+42" + NO_INTEGER, "/u/+42");
        // The group cuts an escape in two.
        KeySource cutting = new KeySource(Place.PATH, "^/u/(.{3})", false);
        text(cutting, "abc", "/u/abcd");
        bad(cutting, "was 'a%2" + ESCAPES, "/u/a%2Fb");
        // What a matcher with backtracking takes years for, or overflows its stack with.
        KeySource nested = new KeySource(Place.PATH, "^/(?:(?:[a-z]+)*[a-z]*)*([0-9])$", false);
        text(nested, "7", "/" + "a".repeat(8000) + "7");
        none(nested, "/" + "a".repeat(8000) + "-");
        KeySource alternatives = new KeySource(Place.PATH, "^/((?:a|b)*)$", false);
        text(alternatives, "ab".repeat(2000), "/" + "ab".repeat(2000));
        bad(alternatives, "was 8000 characters long, expected at most 4096", "/" + "ab".repeat(4000));
    }

    private void cookies() {
        KeySource integer = new KeySource(Place.COOKIE, NAME, true);
        number(
                integer,
                42,
                "id=42",
                "a=1; id=42",
                "a=1;id=42;b=2",
                "id= 42 ",
                "id = 42",
                "id=42;",
                ";;id=42",
                "id=42; id=42");
        none(integer, "id=", "id", "ID=42", "xid=42", "a=id=42");
        bad(integer, "was '\"42\"" + NO_INTEGER, "id=\"42\"");
        bad(integer, "was '4=2" + NO_INTEGER, "id=4=2");
        bad(integer, "was given more than once, as '42' and as '43', expected one value", "id=42; id=43");
        row(integer, EndpointSelector.of(42L), null, "id=42", "a=1; id=42");
        row(integer, null, "was given more than once, as '42' and as '43', expected one value", "id=42", "id=43");
        KeySource text = new KeySource(Place.COOKIE, NAME, false);
        text(text, "a b", "id=a b");
        text(text, "a%20b", "id=a%20b");
        text(text, "\"a\"", "id=\"a\"");
        text(text, "x".repeat(4096), "id=" + "x".repeat(4096));
        text(text, "b", "a=" + "x".repeat(5000) + "; id=b");
        bad(
                text,
                "was 4097 characters long, expected at most 4096",
                "id=" + "x".repeat(4097),
                "a=1; id=" + "x".repeat(4097));
        bad(text, "was 20000 characters long, expected at most 4096", "id=" + "x".repeat(20_000));
    }

    void number(KeySource source, long key, String... carried) {
        for (String each : carried) {
            row(source, EndpointSelector.of(key), null, each);
        }
    }

    void text(KeySource source, String key, String... carried) {
        for (String each : carried) {
            row(source, EndpointSelector.of(key), null, each);
        }
    }

    void none(KeySource source, String... carried) {
        for (String each : carried) {
            row(source, null, null, each);
        }
    }

    void bad(KeySource source, String problem, String... carried) {
        for (String each : carried) {
            row(source, null, problem, each);
        }
    }

    private void row(KeySource source, @Nullable EndpointSelector key, @Nullable String problem, String... carried) {
        rows.add(new OddKey(source, List.of(carried), key, problem));
    }
}
