<?php
/* The proxy that the owner of a shared-hosting account would write: one PHP
 * file, curl, streaming both heads and bodies.  What Fingerpost is measured
 * against; PHP keeps no curl handle from one request to the next. */
$prefix = '/b';
$origin = getenv('ORIGIN');
$drop = ['connection', 'keep-alive', 'proxy-authenticate', 'te', 'trailer',
    'transfer-encoding', 'upgrade'];

$uri = $_SERVER['REQUEST_URI'];
if (strncmp($uri, "$prefix/", strlen($prefix) + 1) !== 0) {
    http_response_code(404);
    exit;
}

$fields = [];
foreach (getallheaders() as $name => $value) {
    if (!in_array(strtolower($name), [...$drop, 'host', 'content-length',
        'accept-encoding']))
        $fields[] = "$name: $value";
}
$fields[] = 'X-Forwarded-For: ' . $_SERVER['REMOTE_ADDR'];
$fields[] = 'X-Forwarded-Host: ' . $_SERVER['HTTP_HOST'];
$fields[] = "X-Forwarded-Prefix: $prefix";

$curl = curl_init($origin . substr($uri, strlen($prefix)));
curl_setopt_array($curl, [
    CURLOPT_CUSTOMREQUEST => $_SERVER['REQUEST_METHOD'],
    CURLOPT_NOBODY => $_SERVER['REQUEST_METHOD'] === 'HEAD',
    CURLOPT_HTTPHEADER => $fields,
    CURLOPT_CONNECTTIMEOUT => 5,
    CURLOPT_HEADERFUNCTION => function ($curl, $line) use ($drop) {
        $field = rtrim($line, "\r\n");
        if (preg_match('#^HTTP/\S+ (\d+)#', $field, $match))
            http_response_code((int)$match[1]);
        elseif ($field !== '' &&
            !in_array(strtolower(strstr($field, ':', true)), $drop))
            header($field, false);
        return strlen($line);
    },
    CURLOPT_WRITEFUNCTION => function ($curl, $bytes) {
        echo $bytes;
        return strlen($bytes);
    },
]);
if ((int)($_SERVER['CONTENT_LENGTH'] ?? 0) > 0) {
    curl_setopt_array($curl, [
        CURLOPT_UPLOAD => true,
        CURLOPT_INFILE => fopen('php://input', 'r'),
        CURLOPT_INFILESIZE => (int)$_SERVER['CONTENT_LENGTH'],
    ]);
}
if (!curl_exec($curl) && !headers_sent())
    http_response_code(502);
