--TEST--
What is no repository of borg 1, or has something odd in the place of the lock: class, code, message, and nothing is touched
--FILE--
<?php
require __DIR__ . '/borg.inc';

/** Everything below, with what is in it. */
function tree(string $path): string
{
    clearstatcache();
    return is_dir($path) && !is_link($path) ? rest($path, '/') : (string) @lstat($path)['ino'];
}

/** Where something else than the repository is wrong, the message must $name it. */
function report(string $what, string $path, string $name = ''): void
{
    $before = tree($path);
    $lock = new Sitelock\BorgLock($path, HOST);
    $said = [];
    foreach ([
        'acquire' => function () use ($lock) { return $lock->acquire(); },
        'acquireShared' => function () use ($lock) { return $lock->acquireShared(0.5); },
        'synchronized' => function () use ($lock) { $lock->synchronized(function () { echo "never\n"; }); },
        'getHolders' => function () use ($lock) { return count($lock->getHolders()); },
        'breakStale' => function () use ($lock) { return $lock->breakStale(); },
    ] as $method => $call) {
        try {
            $said[$method] = var_export($call(), true);
        } catch (Sitelock\LockException $e) {
            $message = str_replace(dirname($path) . '/', '', $e->getMessage());
            $said[$method] = get_class($e) . ' ' . $e->getCode() . ($name === '' ? ": $message" : (strpos($message, $name) !== false ? " about $name" : ": $message"));
        }
    }
    if (count(array_unique($said)) === 1) {
        $said = ['all' => reset($said)];
    }
    foreach ($said as $method => $line) {
        echo "$what, $method: $line\n";
    }
    check('not held, untouched', !$lock->isAcquired() && Sitelock\held() === [] && tree($path) === $before);
}

$in = dirname(test_path_alone('x'));
report('missing', "$in/missing");
touch("$in/file");
report('a file', "$in/file");
posix_mkfifo("$in/fifo", 0600);
report('a FIFO', "$in/fifo");
report('in a file', "$in/file/repository");
symlink("$in/nowhere", "$in/dangling");
report('a dangling link', "$in/dangling");
symlink("$in/loop", "$in/loop");
report('a loop', "$in/loop");
mkdir("$in/empty");
report('an empty directory', "$in/empty");
foreach ([
    'an empty config' => '',
    'another program\'s' => "[core]\n\trepositoryformatversion = 0\n\tversion = 1\n",
    'borg\'s cache' => "[cache]\nversion = 1\nrepository = 5e\n",
    'no version' => "[repository]\nid = 5e\n",
    'the version of something else' => "[repository]\nid = 5e\n[other]\nversion = 1\n",
    'a version of nothing' => "version = 1\n[repository]\nid = 5e\n",
    'version 0' => "[repository]\nversion = 0\n",
    'version 2' => "[repository]\nversion = 2\nid = 5e\n",
    'version 3' => "[repository]\nversion = 3\nid = 5e\n",
    'no text' => str_repeat("\0\xff", 5000),
] as $name => $config) {
    mkdir($path = "$in/" . preg_replace('/\W/', '-', $name));
    file_put_contents("$path/config", $config);
    report($name, $path);
}
mkdir("$in/link");
file_put_contents("$in/config", "[repository]\nversion = 1\n");
symlink('../config', "$in/link/config");
report('config is a link', "$in/link");
mkdir("$in/fifo-in-it");
posix_mkfifo("$in/fifo-in-it/config", 0600);
report('config is a FIFO', "$in/fifo-in-it");
mkdir("$in/borg2/config", 0700, true);
file_put_contents("$in/borg2/config/version", '3');
report('borg 2', "$in/borg2");
mkdir("$in/other/config", 0700, true);
report('config is a directory', "$in/other");
foreach (["[repository]\nversion = 1\n", "[Repository-like]\nversion = 2\n[repository]\nid = 5e\nVERSION=1", "# borg\n; 2\n[repository]\r\nversion: 1\r\n", "[repository]\nversion   =   1   \nmore = " . str_repeat('x', 3000)] as $i => $config) {
    mkdir("$in/good-$i");
    file_put_contents("$in/good-$i/config", $config);
    $lock = new Sitelock\BorgLock("$in/good-$i", HOST);
    check("one that borg would take, $i", $lock->acquire() && $lock->isAcquired());
    $lock->release();
}

// In the place of lock.exclusive.
foreach ([
    'lock.exclusive is a file' => function ($path) { file_put_contents("$path/lock.exclusive", "precious\n"); },
    'lock.exclusive is a link to a directory' => function ($path) { mkdir("$path/victim"); symlink('victim', "$path/lock.exclusive"); },
    'lock.exclusive is a link to one that is full' => function ($path) { mkdir("$path/victim"); touch("$path/victim/" . record_name(dead_pid())); symlink('victim', "$path/lock.exclusive"); },
    'lock.exclusive is a dangling link' => function ($path) { symlink('nowhere', "$path/lock.exclusive"); },
    'lock.exclusive is a FIFO' => function ($path) { posix_mkfifo("$path/lock.exclusive", 0600); },
    'lock.roster is a link' => function ($path) { file_put_contents("$path/victim", '{}'); symlink('victim', "$path/lock.roster"); },
    'lock.roster is a dangling link' => function ($path) { symlink('nowhere', "$path/lock.roster"); },
    'lock.roster is a FIFO' => function ($path) { posix_mkfifo("$path/lock.roster", 0600); },
    'lock.roster is a directory' => function ($path) { mkdir("$path/lock.roster"); },
] as $name => $make) {
    $path = repository();
    $make($path);
    report($name, $path, strtok($name, ' '));
}

// The longest path that there is.
$long = dirname(test_path_alone());
chdir($long);
while (strlen($long) < 3850) {
    mkdir(str_repeat('d', 200));
    chdir(str_repeat('d', 200));
    $long .= '/' . str_repeat('d', 200);
}
$last = str_repeat('e', 4070 - strlen($long) - 1);
mkdir($last);
chdir($last);
file_put_contents('config', "[repository]\nversion = 1\n");
$lock = new Sitelock\BorgLock("$long/$last", HOST);
foreach (['acquire', 'acquireShared'] as $method) {
    try {
        $got = $lock->$method() && $lock->isAcquired();
        $lock->release();
        check("a path that has just room for itself, $method", $got && entries('.') === ['config']);
    } catch (Sitelock\SystemException $e) {
        check("a path that has just room for itself, $method", $e->getCode() === 36 && entries('.') === ['config']);
    }
}
chdir('/');

// open_basedir
$child = new Child('$lock = new Sitelock\BorgLock($path, "web1@8796750862");
    $lock->acquire();
    $holders = $lock->getHolders();
    $lock->release();
    ini_set("open_basedir", "/usr");
    foreach ([
        function () use ($lock) { $lock->acquire(); },
        function () use ($lock) { $lock->acquireShared(); },
        function () use ($lock) { $lock->synchronized(function () {}); },
        function () use ($lock) { $lock->getHolders(); },
        function () use ($lock) { $lock->breakStale(); },
        function () use ($lock, $holders) { $lock->forceBreak(...$holders); },
        function () use ($path) { new Sitelock\BorgLock($path); },
    ] as $call) { thrown($call); }
    thrown(function () { (new Sitelock\BorgLock("/usr/no-such-repository", "web1@8796750862"))->getHolders(); });', $path = repository());
while (($line = $child->hear()) !== null) {
    echo "$line\n";
}
$child->wait();
check('nothing was touched', lock_files($path) === []);
?>
--EXPECT--
missing, all: Sitelock\SystemException 2: open(missing): No such file or directory
ok not held, untouched
a file, all: Sitelock\UnsafePathException 2: file is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
a FIFO, all: Sitelock\UnsafePathException 2: fifo is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
in a file, all: Sitelock\UnsafePathException 2: repository is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
a dangling link, all: Sitelock\SystemException 2: open(dangling): No such file or directory
ok not held, untouched
a loop, all: Sitelock\SystemException 40: open(loop): Too many levels of symbolic links
ok not held, untouched
an empty directory, all: Sitelock\UnsafePathException 2: empty is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
an empty config, all: Sitelock\UnsafePathException 2: an-empty-config is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
another program's, all: Sitelock\UnsafePathException 2: another-program-s is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
borg's cache, all: Sitelock\UnsafePathException 2: borg-s-cache is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
no version, all: Sitelock\UnsafePathException 2: no-version is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
the version of something else, all: Sitelock\UnsafePathException 2: the-version-of-something-else is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
a version of nothing, all: Sitelock\UnsafePathException 2: a-version-of-nothing is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
version 0, all: Sitelock\UnsafePathException 2: version-0 is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
version 2, all: Sitelock\UnsupportedException 95: version-2 is a repository of another borg than 1, which does not look at these locks
ok not held, untouched
version 3, all: Sitelock\UnsupportedException 95: version-3 is a repository of another borg than 1, which does not look at these locks
ok not held, untouched
no text, all: Sitelock\UnsafePathException 2: no-text is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
config is a link, all: Sitelock\UnsafePathException 2: link is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
config is a FIFO, all: Sitelock\UnsafePathException 2: fifo-in-it is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
borg 2, all: Sitelock\UnsupportedException 95: borg2 is a repository of another borg than 1, which does not look at these locks
ok not held, untouched
config is a directory, all: Sitelock\UnsafePathException 2: other is not a borg repository: it has no file "config" with a section [repository]
ok not held, untouched
ok one that borg would take, 0
ok one that borg would take, 1
ok one that borg would take, 2
ok one that borg would take, 3
lock.exclusive is a file, all: Sitelock\UnsafePathException 20 about lock.exclusive
ok not held, untouched
lock.exclusive is a link to a directory, all: Sitelock\UnsafePathException 40 about lock.exclusive
ok not held, untouched
lock.exclusive is a link to one that is full, all: Sitelock\UnsafePathException 40 about lock.exclusive
ok not held, untouched
lock.exclusive is a dangling link, all: Sitelock\UnsafePathException 40 about lock.exclusive
ok not held, untouched
lock.exclusive is a FIFO, all: Sitelock\UnsafePathException 20 about lock.exclusive
ok not held, untouched
lock.roster is a link, all: Sitelock\SystemException 74 about lock.roster
ok not held, untouched
lock.roster is a dangling link, all: Sitelock\SystemException 74 about lock.roster
ok not held, untouched
lock.roster is a FIFO, all: Sitelock\SystemException 74 about lock.roster
ok not held, untouched
lock.roster is a directory, all: Sitelock\SystemException 74 about lock.roster
ok not held, untouched
ok a path that has just room for itself, acquire
ok a path that has just room for itself, acquireShared
Sitelock\UnsafePathException: repository is outside open_basedir (/usr)
Sitelock\UnsafePathException: repository is outside open_basedir (/usr)
Sitelock\UnsafePathException: repository is outside open_basedir (/usr)
Sitelock\UnsafePathException: repository is outside open_basedir (/usr)
Sitelock\UnsafePathException: repository is outside open_basedir (/usr)
Sitelock\UnsafePathException: repository is outside open_basedir (/usr)
Sitelock\UnsafePathException: repository is outside open_basedir (/usr)
Sitelock\SystemException: open(no-such-repository): No such file or directory
ok nothing was touched
