package dev.meshctl.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;

/** Builds the image: {@code mvn -Pimage package}. No container engine takes part. */
public final class ImageBuild {
    private static final Duration BASE_LIMIT = Duration.ofMinutes(5);

    private final Settings settings;

    private ImageBuild(Settings settings) {
        this.settings = settings;
    }

    /** Takes its settings from system properties {@code image.*}; exit code 1 and one line when it cannot be built. */
    public static void main(String[] args) throws IOException, InterruptedException {
        try {
            new ImageBuild(Settings.of(System.getProperties())).run();
        } catch (ImageException e) {
            System.err.println("error: " + e.getMessage());
            System.exit(1);
        }
    }

    private void run() throws IOException, ImageException, InterruptedException {
        Jars jars = Jars.in(settings.jars());
        requireMainClass(jars);
        List<Path> classPath = jars.classPath();
        RuntimeModules modules = RuntimeModules.written();
        modules.requireKnown(JdkTools.modulesOf(classPath));

        RootFiles files = new RootFiles(settings.work().resolve("root"), settings.timestamp());
        List<String> names = classPath.stream().map(Jars::name).toList();
        files.clear();
        files.addJars(classPath);
        files.addNatives(jars.natives());
        JdkTools.link(modules.included(), files.at(JavaArguments.JAVA_HOME));
        files.stamp();
        Optional<String> classData = new ClassData(files, new JavaArguments(files.root().toString(), names),
                settings.work().resolve("class-data")).add(settings.classData());
        JavaArguments inImage = new JavaArguments("", names);
        files.write(JavaArguments.FILE, JavaArguments.file(classData.isPresent() ? inImage.inImage() : inImage.common()));
        files.stamp();

        String digest = new Assembly(settings).write(base(), new Layers(files, settings.timestamp()).of(jars));
        classData.ifPresent(System.out::println);
        System.out.printf("%s%n  %s %s, %d MiB%n", settings.tar(), settings.name(), digest, Files.size(settings.tar()) >> 20);
    }

    private void requireMainClass(Jars jars) throws IOException, ImageException {
        String entry = settings.mainClass().replace('.', '/') + ".class";
        for (Path jar : jars.own()) {
            try (JarFile file = new JarFile(jar.toFile())) {
                if (file.getEntry(entry) != null) {
                    return;
                }
            }
        }
        throw new ImageException("no jar in " + settings.jars() + " has the main class " + settings.mainClass()
                + "; image.mainClass is wrong, or the module that has it is not a dependency of image");
    }

    private BaseImage base() throws IOException, ImageException, InterruptedException {
        if (!(settings.base() instanceof BaseImage.Own)) {
            return settings.base();
        }
        Path tar = settings.work().resolve("base.tar");
        ProcessBuilder builder = new ProcessBuilder(settings.baseScript().toString(), tar.toString()).inheritIO();
        builder.environment().put("SOURCE_DATE_EPOCH", String.valueOf(settings.timestamp().getEpochSecond()));
        Process process = builder.start();
        if (!process.waitFor(BASE_LIMIT)) {
            process.destroyForcibly();
            throw new ImageException(settings.baseScript() + " did not end within " + BASE_LIMIT.toSeconds() + " s");
        }
        if (process.exitValue() != 0) {
            throw new ImageException(settings.baseScript() + " failed, see above; another base can be named with -Dimage.base");
        }
        return new BaseImage.Tar(tar);
    }
}
