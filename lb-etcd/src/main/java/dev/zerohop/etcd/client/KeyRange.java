package dev.zerohop.etcd.client;

/**
 * A range of etcd's keys.
 *
 * @param from the first key
 * @param end the key after the last one; empty for {@code from} alone
 */
public record KeyRange(String from, String end) {

    /** One key. */
    public static KeyRange key(String key) {
        return new KeyRange(key, "");
    }

    /** All keys under {@code directory}, which ends with a slash. */
    public static KeyRange under(String directory) {
        int slash = directory.length() - 1;
        if (slash < 0 || directory.charAt(slash) != '/') {
            throw new IllegalArgumentException(
                    "directory was '" + directory + "', expected one that ends with a slash");
        }
        return new KeyRange(directory, directory.substring(0, slash) + (char) ('/' + 1));
    }

    @Override
    public String toString() {
        return end.isEmpty() ? from : from + "*";
    }
}
