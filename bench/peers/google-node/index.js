exports.hello = (_request, response) => response.send('hello, world\n');
