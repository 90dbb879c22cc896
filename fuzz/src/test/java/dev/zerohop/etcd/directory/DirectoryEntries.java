package dev.zerohop.etcd.directory;

import java.io.IOException;

/** Entries of a directory, read as it reads them. */
public final class DirectoryEntries {
    private DirectoryEntries() {}

    public static Object parse(byte[] utf8) throws IOException {
        return DirectoryValue.parse(utf8);
    }
}
