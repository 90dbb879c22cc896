package dev.zerohop.okhttp;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Finds a key in a path. Neither the path nor the pattern is of this program's making, so matching takes linear time and a bounded stack, and decoding
 * does not throw at random. Immutable, thread-safe.
 */
final class PathKey {
    /** With the limit on the pattern's own size, this bounds the time of a match to some tens of milliseconds at the worst. */
    static final int MAX_LENGTH = 8192;

    private final Pattern pattern;

    private PathKey(Pattern pattern) {
        this.pattern = pattern;
    }

    static PathKey of(String regex) throws UnusableKeyException {
        try {
            return new PathKey(Pattern.compile(regex));
        } catch (PatternSyntaxException broken) {
            throw new UnusableKeyException("cannot be used: " + broken.getMessage());
        }
    }

    /** What the group matched in the path as it is sent, decoded: an encoded slash does not end a segment. Null if nothing matches. */
    @Nullable
    String read(String encodedPath) throws UnusableKeyException {
        if (encodedPath.length() > MAX_LENGTH) {
            throw new UnusableKeyException("cannot be read: the path is " + encodedPath.length()
                    + " characters long, expected at most " + MAX_LENGTH);
        }
        Matcher matcher = pattern.matcher(encodedPath);
        if (!matcher.find()) {
            return null;
        }
        String group = matcher.group(1);
        return group == null || group.indexOf('%') < 0 ? group : decoded(group);
    }

    private static String decoded(String encoded) throws UnusableKeyException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c != '%') {
                bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
                continue;
            }
            int high = hexDigit(encoded, i + 1);
            int low = hexDigit(encoded, i + 2);
            if (high < 0 || low < 0) {
                throw undecodable(encoded);
            }
            bytes.write(high << 4 | low);
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw undecodable(encoded);
        }
    }

    /** The value of the digit there; -1 if there is none. */
    private static int hexDigit(String text, int at) {
        return at < text.length() && HexFormat.isHexDigit(text.charAt(at))
                ? HexFormat.fromHexDigit(text.charAt(at))
                : -1;
    }

    private static UnusableKeyException undecodable(String encoded) {
        String shown = encoded.length() <= 64 ? encoded : encoded.substring(0, 64) + "...";
        return new UnusableKeyException("was '" + shown + "', expected whole percent escapes of UTF-8");
    }
}
