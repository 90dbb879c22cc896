package dev.zerohop.testing;

import dev.zerohop.KeySource;
import dev.zerohop.KeySource.Place;
import java.util.List;

/** The rows of {@link OddKeys} with keys in JSON bodies. */
final class OddJsonKeys {
    private static final String NOT_JSON = "cannot be read: the body is not valid JSON";
    private static final String TOO_MUCH = "cannot be read: the body is more than can be read";
    /** The default limit on bodies in which a key is looked for, in bytes. */
    private static final int JSON_LIMIT = 1 << 20;

    private final OddKeys table;

    OddJsonKeys(OddKeys table) {
        this.table = table;
    }

    void add() {
        integersInJson();
        textsInJson();
        largeJson();
    }

    private void integersInJson() {
        KeySource source = new KeySource(Place.JSON_POINTER, "/user/id", true);
        table.number(
                source,
                42,
                "{\"user\":{\"id\":42}}",
                "{\"user\":{\"id\":\"42\"}}",
                "{\"user\":{\"id\":\" 042 \"}}",
                "\n{ \"a\": [{\"id\": 1}], \"user\": {\"x\": {\"id\": 2}, \"id\": 42}, \"id\": 3 }\n",
                "{\"a\":1,\"a\":2,\"user\":{\"id\":42,\"b\":1,\"b\":1}}",
                "{\"u\\u0073er\":{\"id\":42}}",
                "\ufeff{\"user\":{\"id\":42}}");
        table.number(source, 0, "{\"user\":{\"id\":-0}}");
        table.none(
                source,
                "",
                "{}",
                "[]",
                "42",
                "null",
                "{\"user\":42}",
                "{\"user\":[42]}",
                "{\"user\":{\"id\":null}}",
                "{\"user\":{\"id\":\"\"}}",
                "{\"User\":{\"id\":42}}");
        table.bad(source, "was '42.0" + OddKeys.NO_INTEGER, "{\"user\":{\"id\":42.0}}");
        table.bad(source, "was '4.2e1" + OddKeys.NO_INTEGER, "{\"user\":{\"id\":4.2e1}}");
        table.bad(source, "was '9223372036854775808" + OddKeys.NO_INTEGER, "{\"user\":{\"id\":9223372036854775808}}");
        table.bad(source, "was '\u0664\u0662" + OddKeys.NO_INTEGER, "{\"user\":{\"id\":\"\u0664\u0662\"}}");
        table.bad(source, "was VALUE_TRUE, expected a text or a number", "{\"user\":{\"id\":true}}");
        table.bad(source, "was START_OBJECT, expected a text or a number", "{\"user\":{\"id\":{\"a\":1}}}");
        table.bad(source, "was START_ARRAY, expected a text or a number", "{\"user\":{\"id\":[42]}}");
        table.bad(
                source,
                NOT_JSON,
                "{\"user\":{\"id\":42",
                "{\"user\":{\"id\":42}",
                "{\"user\":{\"id\":42},\"more\":[1,",
                "{\"user\":{\"id\":42},\"more\":tru}",
                "{\"user\":{\"id\":042}}",
                "{\"user\":{\"id\":+42}}",
                "{\"user\":{\"id\":NaN}}",
                "{'user':{'id':42}}",
                "{\"user\":{\"id\":42,}}",
                "{\"user\":{\"id\":42}} garbage",
                "user=42");
        table.bad(
                source,
                TOO_MUCH,
                "{\"user\":{\"id\":42},\"deep\":" + "[".repeat(5000) + "]".repeat(5000) + "}",
                "[".repeat(100_000),
                "{\"user\":{\"id\":" + "1".repeat(100_000) + "}}");
        table.bad(
                source,
                "cannot be read: the body has a name on the way to it twice, expected once",
                "{\"user\":{\"id\":42,\"id\":42}}",
                "{\"user\":{\"id\":42},\"user\":{}}",
                "{\"user\":{\"id\":42,\"\\u0069d\":43}}");
        table.bad(
                source,
                "cannot be read: the body has more than one JSON value, expected one",
                "{\"user\":{\"id\":42}}{\"user\":{\"id\":43}}",
                "1 2");
        table.bad(source, "cannot be read: the body is white space, expected JSON", " \n");
    }

    private void textsInJson() {
        KeySource source = new KeySource(Place.JSON_POINTER, "/ids/1", false);
        table.text(
                source,
                "caf\u00e9",
                "{\"ids\":[0,\"caf\u00e9\"]}",
                "{\"ids\":[0,\"caf\\u00e9\"]}",
                "{\"ids\":{\"1\":\" caf\u00e9\"}}");
        table.text(source, "\ud83d\ude00", "{\"ids\":[0,\"\\ud83d\\ude00\"]}");
        table.text(source, "1", "{\"ids\":[0,1]}", "{\"ids\":[0,\"1\",2,{}]}");
        table.text(source, "1.50", "{\"ids\":[0,1.50]}");
        table.none(source, "{\"ids\":[]}", "{\"ids\":[0]}", "{\"ids\":[0,null]}", "{\"ids\":[0,\"\"]}");
        table.bad(source, "was '\\ud800" + OddKeys.NOT_UNICODE, "{\"ids\":[0,\"\\ud800\"]}");
        table.bad(source, "was '\\ude00\\ud83d" + OddKeys.NOT_UNICODE, "{\"ids\":[0,\"\\ude00\\ud83d\"]}");
        table.bad(source, "was 'a\\u000ab" + OddKeys.CONTROL, "{\"ids\":[0,\"a\\nb\"]}");
        table.bad(source, "was 'a\\u0000b" + OddKeys.CONTROL, "{\"ids\":[0,\"a\\u0000b\"]}");
        table.bad(source, "was 4097 characters long", "{\"ids\":[0,\"" + "x".repeat(4097) + "\"]}");
    }

    private void largeJson() {
        KeySource source = new KeySource(Place.JSON_POINTER, "/user/id", true);
        String begin = "{\"user\":{\"id\":42},\"more\":\"";
        String fill = "x".repeat(JSON_LIMIT - begin.length() - 2);
        table.number(
                source,
                42,
                begin + fill + "\"}",
                "{\"user\":{\"id\":42},\"deep\":" + "[".repeat(998) + "]".repeat(998) + "}");
        table.bad(
                source,
                "cannot be read: the body is longer than 1048576 bytes",
                begin + fill + "x\"}",
                begin + fill + fill);
        // Characters are not bytes.
        table.bad(
                source,
                "cannot be read: the body is longer than 1048576 bytes",
                begin + "\u00e9".repeat(JSON_LIMIT / 2) + "\"}");
        table.bad(source, TOO_MUCH, "{\"user\":".repeat(2_000) + "{\"id\":42" + "}".repeat(2_001));
        KeySource deep = new KeySource(Place.JSON_POINTER, "/a".repeat(128), true);
        table.number(deep, 42, "{\"a\":".repeat(128) + "42" + "}".repeat(128));
        table.none(deep, "{\"a\":".repeat(127) + "42" + "}".repeat(127));
        String many = "0,".repeat(9_999);
        KeySource last = new KeySource(Place.JSON_POINTER, "/ids/9999", true);
        table.number(last, 42, "{\"ids\":[" + many + "42]}", "{\"ids\":[" + many + "42,7]}", "{\"ids\":{\"9999\":42}}");
        table.number(last, 0, "{\"ids\":[" + many + "0]}");
        table.none(last, "{\"ids\":[" + many.substring(2) + "42]}");
        table.bad(last, "was START_ARRAY, expected a text or a number", "{\"ids\":[" + many + "[42]]}");
        for (String none : List.of("/ids/10000", "/ids/-", "/ids/-1", "/ids/09999", "/ids/99999999999999999999")) {
            table.none(new KeySource(Place.JSON_POINTER, none, true), "{\"ids\":[" + many + "42]}");
        }
    }
}
