package dev.imageferry;

import io.quarkus.runtime.annotations.QuarkusMain;

/**
 * The main class. Compiled for Java 17, so that an older Java can say which version is needed before it meets a class that
 * it cannot load.
 */
@QuarkusMain
public final class Launcher {
    private static final int REQUIRED_JAVA = 25;
    private static final int REFUSED = 1;

    private Launcher() {}

    public static void main(String[] arguments) {
        if (Runtime.version().feature() < REQUIRED_JAVA) {
            System.err.println("imageferry: Java " + REQUIRED_JAVA + " or newer is needed, and this is Java "
                    + Runtime.version().feature() + " (" + System.getProperty("java.home")
                    + "): install a newer one and start it by its path");
            System.exit(REFUSED);
        }
        Main.main(arguments);
    }
}
