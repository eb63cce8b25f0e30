package dev.meshctl.control.federation;

import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Records as files that only the owner reads. */
public record DirectoryRecords(Path directory) implements LinkRecords {
    /** Makes the directory if it is missing. */
    public static DirectoryRecords open(Path directory) throws IOException {
        return new DirectoryRecords(PrivateDirectory.create(directory));
    }

    @Override
    public Optional<byte[]> read(String name, int maxBytes) throws IOException {
        return DurableFile.read(directory.resolve(name), maxBytes);
    }

    @Override
    public void write(String name, byte[] content) throws IOException {
        DurableFile.write(directory.resolve(name), content, DurableFile.PRIVATE);
    }

    /** Nobody else writes here. */
    @Override
    public void replace(String name, Optional<byte[]> known, byte[] content) throws IOException {
        write(name, content);
    }

    @Override
    public void delete(String name) throws IOException {
        DurableFile.delete(directory.resolve(name));
    }

    @Override
    public Set<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
        }
    }

    @Override
    public IOException broken(String name, String why, Exception cause) {
        return new CorruptFileException(directory.resolve(name), why,
                "remove it; link tokens that were not used yet have to be made again", cause);
    }

    @Override
    public boolean shared() {
        return false;
    }
}
